// MapLibre by TileJSON: vector tiles of what a filter takes, and pictures.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { bundledFeatures, launch, open, record, server, shots } from "./setting.mjs";

let browser, page;
before(async () => {
  browser = await launch();
  page = await browser.newPage({ viewport: { width: 1000, height: 800 } });
  await open(page);
});
after(() => browser.close());

/** Shows a map with one source and one layer; gives the ids of the features of `layer` that are drawn, and the colours. */
function show(source, layer) {
  return page.evaluate(async ({ source, layer }) => {
    const box = Object.assign(document.createElement("div"), { style: "position:fixed;inset:0;z-index:9;background:#fff" });
    document.body.append(box);
    const map = new window.plantiles.map.constructor({
      container: box, center: [112.8, 36.3], zoom: 9.5, fadeDuration: 0, attributionControl: false,
      canvasContextAttributes: { preserveDrawingBuffer: true },
      style: { version: 8, sources: { source }, layers: [{ id: "layer", source: "source", ...layer }] },
    });
    await new Promise((done) => map.once("idle", done));
    const ids = layer.type === "fill" ? map.queryRenderedFeatures().map((feature) => feature.id) : [];
    const canvas = map.getCanvas();
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d");
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
    const colours = new Set();
    for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 0) colours.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
    map.remove();
    return { ids: [...new Set(ids)].sort((a, b) => a - b), colours: colours.size };
  }, { source, layer });
}

test("the features that a filter takes, by TileJSON", async () => {
  const layer = { type: "fill", "source-layer": "mining_rights", paint: { "fill-color": "#c00" } };
  const url = `${server}/tiles/mining_rights.json?filter=${encodeURIComponent("mineral LIKE '%煤%' AND area_km2 > 50")}`;
  const log = record(page);
  const { ids } = await show({ type: "vector", url }, layer);
  const takes = ({ properties: { mineral, area_km2 } }) => mineral?.includes("煤") && area_km2 > 50;
  const all = bundledFeatures("mining_rights");
  const expected = all.filter(takes).map((feature) => feature.id).sort((a, b) => a - b);
  assert.ok(expected.length > 0 && expected.length < all.length);
  assert.deepEqual(ids, expected);
  const tiles = log.requests.filter((request) => request.includes(".mvt"));
  assert.ok(tiles.length > 0 && tiles.every((request) => /\/tiles\/mining_rights@[0-9a-f]{32}\/\d+\/\d+\/\d+\.mvt\?filter=/.test(request)), tiles.join("\n"));
  assert.deepEqual(log.complaints, []);
});

test("pictures, by TileJSON", async () => {
  const { colours } = await show({ type: "raster", url: `${server}/tiles/plan.png.json` }, { type: "raster" });
  await page.screenshot({ path: `${shots}/maplibre-pictures.png` });
  assert.ok(colours > 100, `${colours} colours`);
});
