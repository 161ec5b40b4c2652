// Picture tiles beside what MapLibre draws of the same place by the same style.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { launch, open, server, shots } from "./setting.mjs";

let browser, page;
before(async () => {
  browser = await launch();
  page = await browser.newPage({ viewport: { width: 1000, height: 900 } });
  await open(page);
});
after(() => browser.close());

/**
 * Draws a tile both ways over the style's ground, and compares mean colours of squares of 16 CSS pixels. Names may stand a
 * little otherwise, so squares count and not pixels. Returns the greatest difference of a channel, the mean, and the pictures.
 */
function compare(style, query, { z, x, y }, ratio) {
  return page.evaluate(async ({ server, style, query, z, x, y, ratio }) => {
    const specification = await (await fetch(`${server}/styles/${style}.json`)).json();
    // Three pictures wide, so that names at the edges of the one have their neighbours.
    const box = Object.assign(document.createElement("div"), { style: "position:fixed;left:0;top:0;width:768px;height:768px" });
    document.body.append(box);
    const n = 2 ** z;
    const lng = ((x + 0.5) / n) * 360 - 180;
    const lat = (Math.atan(Math.sinh(Math.PI * (1 - (2 * (y + 0.5)) / n))) * 180) / Math.PI;
    const Map = window.plantiles.map.constructor;
    const map = new Map({
      container: box, style: specification, center: [lng, lat], zoom: z - 1, pixelRatio: ratio, fadeDuration: 0, interactive: false,
      attributionControl: false, canvasContextAttributes: { preserveDrawingBuffer: true },
    });
    await new Promise((done) => map.once("idle", done));
    const side = 256 * ratio;
    const [expected, found] = [0, 1].map(() => new OffscreenCanvas(side, side).getContext("2d"));
    expected.drawImage(map.getCanvas(), -side, -side);
    found.fillStyle = specification.layers[0].paint["background-color"];
    found.fillRect(0, 0, side, side);
    const url = `${server}/tiles/plan/${z}/${x}/${y}${ratio === 2 ? "@2x" : ""}.png${query}`;
    const picture = await createImageBitmap(await (await fetch(url)).blob());
    if (picture.width !== side || picture.height !== side) throw new Error(`${url} is ${picture.width} × ${picture.height}`);
    found.drawImage(picture, 0, 0);
    map.remove();
    box.remove();
    const square = 16 * ratio;
    const mean = (context, column, row) => {
      const { data } = context.getImageData(column * square, row * square, square, square);
      const sums = [0, 0, 0];
      for (let i = 0; i < data.length; i += 4) for (let c = 0; c < 3; c++) sums[c] += data[i + c];
      return sums.map((sum) => sum / (square * square));
    };
    const differences = [];
    for (let row = 0; row < 16; row++) {
      for (let column = 0; column < 16; column++) {
        const [a, b] = [mean(expected, column, row), mean(found, column, row)];
        differences.push(Math.max(...a.map((v, c) => Math.abs(v - b[c]))));
      }
    }
    const both = new OffscreenCanvas(2 * side, side);
    const beside = both.getContext("2d");
    beside.drawImage(expected.canvas, 0, 0);
    beside.drawImage(found.canvas, side, 0);
    const bytes = new Uint8Array(await (await both.convertToBlob()).arrayBuffer());
    let binary = "";
    for (const byte of bytes) binary += String.fromCharCode(byte);
    differences.sort((a, b) => a - b);
    return {
      mean: differences.reduce((a, b) => a + b, 0) / differences.length,
      most: differences.at(-1),
      far: differences.filter((d) => d > 24).length / differences.length,
      both: btoa(binary),
    };
  }, { server, style, query, z, x, y, ratio });
}

for (const [style, query] of [["plan", ""], ["plan-dark", "?style=dark"], ["plan-print", "?style=print"]]) {
  for (const tile of [{ z: 10, x: 832, y: 400 }, { z: 11, x: 1665, y: 801 }, { z: 11, x: 1664, y: 802 }, { z: 12, x: 3330, y: 1603 }, { z: 13, x: 6661, y: 3206 }]) {
    for (const ratio of style === "plan" ? [1, 2] : [2]) {
      const name = `${style} ${tile.z}/${tile.x}/${tile.y} at ${ratio}`;
      test(`a picture looks like the map: ${name}`, async () => {
        const { mean, most, far, both } = await compare(style, query, tile, ratio);
        writeFileSync(`${shots}/picture-${name.replaceAll(/[ /]/g, "-")}.png`, Buffer.from(both, "base64"));
        console.log(`${name}: mean ${mean.toFixed(2)}, most ${most.toFixed(0)}, far ${(100 * far).toFixed(1)} %`);
        assert.ok(mean < 3.5 && far < 0.03, `mean ${mean}, most ${most}, ${far} of the squares are far off`);
      });
    }
  }
}
