// Draws symbols/*.svg into the sprites of each theme: sprites/plan.{json,png} and plan@2x.{json,png}, sprites/plan-dark…,
// and the symbols themselves, in the theme's colours, sprites/plan/*.svg … for programs that take one symbol at a time.
//
// A symbol is drawn in colours of the light palette; another theme has its own colour of that name in its place. All
// symbols stand in one row of one SVG, so one drawing gives the sheet. A symbol's width and height are whole pixels; a
// pattern must continue itself across its edges. `data-stretch-x`, `data-stretch-y` ("from,to") and `data-content`
// ("left,top,right,bottom") on the root element say how a shield grows around its text.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Resvg } from "@resvg/resvg-js";
import { themes } from "./palette.mjs";

const sources = fileURLToPath(new URL("../symbols/", import.meta.url));
const folder = fileURLToPath(new URL("../sprites/", import.meta.url));
const GAP = 2; // px between symbols, so that one never bleeds into the next when the sheet is sampled

function attribute(svg, name) {
  return svg.match(new RegExp(`<svg[^>]*\\s${name}="([^"]*)"`))?.[1];
}

const numbers = (text) => text.split(",").map(Number);

/** The symbol with the colours of `palette` where those of the light one stand. */
function coloured(file, svg, palette) {
  return svg.replace(/#[0-9a-f]{6}/g, (colour) => {
    const names = Object.keys(palette).filter((name) => themes[""][name] === colour);
    const wanted = new Set(names.map((name) => palette[name]));
    if (wanted.size !== 1) throw new Error(`${file}: ${colour} stands for ${names.join(", ") || "no colour of the palette"}`);
    return [...wanted][0];
  });
}

function readSymbols(palette) {
  let x = 0;
  return readdirSync(sources).sort().map((file) => {
    const svg = coloured(file, readFileSync(sources + file, "utf8").trim(), palette);
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
}

function writeSheet(name, symbols, ratio) {
  const last = symbols.at(-1);
  const height = Math.max(...symbols.map((s) => s.height));
  const sheet = `<svg xmlns="http://www.w3.org/2000/svg" width="${last.x + last.width + GAP}" height="${height}">${symbols
    .map((s) => s.svg.replace("<svg ", `<svg x="${s.x}" y="0" overflow="hidden" `))
    .join("")}</svg>`;
  const image = new Resvg(sheet, { fitTo: { mode: "zoom", value: ratio }, font: { loadSystemFonts: false } }).render();
  writeFileSync(`${folder}${name}.png`, image.asPng());

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
  writeFileSync(`${folder}${name}.json`, JSON.stringify(index, null, 1) + "\n");
}

rmSync(folder, { recursive: true, force: true });
for (const [theme, palette] of Object.entries(themes)) {
  const symbols = readSymbols(palette);
  mkdirSync(`${folder}plan${theme}`, { recursive: true });
  for (const { name, svg } of symbols) writeFileSync(`${folder}plan${theme}/${name}.svg`, svg + "\n");
  writeSheet(`plan${theme}`, symbols, 1);
  writeSheet(`plan${theme}@2x`, symbols, 2);
  console.log(`plan${theme}: ${symbols.length} symbols`);
}
