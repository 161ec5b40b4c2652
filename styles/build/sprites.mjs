// Draws sprites/*.svg into sprites/plan.{json,png} and plan@2x.{json,png}.
//
// All symbols stand in one row of one SVG, so one drawing gives the sheet. A symbol's width and height are whole pixels;
// a pattern must continue itself across its edges. `data-stretch-x`, `data-stretch-y` ("from,to") and `data-content`
// ("left,top,right,bottom") on the root element say how a shield grows around its text.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Resvg } from "@resvg/resvg-js";

const folder = fileURLToPath(new URL("../sprites/", import.meta.url));
const GAP = 2; // px between symbols, so that one never bleeds into the next when the sheet is sampled

function attribute(svg, name) {
  return svg.match(new RegExp(`<svg[^>]*\\s${name}="([^"]*)"`))?.[1];
}

const numbers = (text) => text.split(",").map(Number);

let x = 0;
const symbols = readdirSync(folder)
  .filter((file) => file.endsWith(".svg"))
  .sort()
  .map((file) => {
    const svg = readFileSync(folder + file, "utf8").trim();
    const symbol = {
      name: file.replace(/\.svg$/, ""),
      svg,
      x,
      width: Number(attribute(svg, "width")),
      height: Number(attribute(svg, "height")),
    };
    if (!Number.isInteger(symbol.width) || !Number.isInteger(symbol.height)) throw new Error(`${file}: width and height must be whole pixels`);
    x += symbol.width + GAP;
    return symbol;
  });

const height = Math.max(...symbols.map((s) => s.height));
const sheet = `<svg xmlns="http://www.w3.org/2000/svg" width="${x}" height="${height}">${symbols
  .map((s) => s.svg.replace("<svg ", `<svg x="${s.x}" y="0" overflow="hidden" `))
  .join("")}</svg>`;

for (const [ratio, suffix] of [[1, ""], [2, "@2x"]]) {
  const image = new Resvg(sheet, { fitTo: { mode: "zoom", value: ratio }, font: { loadSystemFonts: false } }).render();
  writeFileSync(`${folder}plan${suffix}.png`, image.asPng());

  const scaled = (list) => list.map((n) => n * ratio);
  const index = {};
  for (const s of symbols) {
    index[s.name] = { x: s.x * ratio, y: 0, width: s.width * ratio, height: s.height * ratio, pixelRatio: ratio };
    for (const key of ["stretchX", "stretchY"]) {
      const value = attribute(s.svg, `data-${key.replace(/[XY]/, (c) => `-${c.toLowerCase()}`)}`);
      if (value) index[s.name][key] = [scaled(numbers(value))];
    }
    const content = attribute(s.svg, "data-content");
    if (content) index[s.name].content = scaled(numbers(content));
  }
  writeFileSync(`${folder}plan${suffix}.json`, JSON.stringify(index, null, 1) + "\n");
}
console.log(`${symbols.length} symbols`);
