// Builds the glyph ranges in fonts/: signed distance fields of an open font, cut down to fonts/characters.txt.
//
// A glyph is 24 px high with a margin of 3 px, and a byte of its bitmap says how far the pixel's centre is from the
// outline: 192 on it, 0 at 6 px outside, more inside. That is the form that map renderers expect (fontnik's).
// Distances are taken from the outline itself, not from a drawn bitmap, so the result depends on nothing but the font.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { PbfWriter } from "pbf";
import { listed } from "./characters.mjs";
import { drawn, STACK } from "./noto.mjs";

const SIZE = 24;
const MARGIN = 3;
const RADIUS = 8; // px over which 256 steps of distance are spread
const CUTOFF = 0.25; // share of the steps that lies outside the outline
// Renderers draw the baseline 17 px below a line's origin and count a glyph's top from the font's ascender. 26 puts the
// middle of a Chinese character on the middle of the line.
const ASCENDER = 26;
const CURVE_STEPS = 6; // a chord is then within 0.02 px of the curve at 24 px

/** The outline as straight segments [x0, y0, x1, y1], in px with y downwards. */
function segments(path) {
  const out = [];
  let start, x, y;
  const line = (x1, y1) => {
    if (x1 !== x || y1 !== y) out.push([x, y, x1, y1]);
    [x, y] = [x1, y1];
  };
  for (const c of path.commands) {
    if (c.type === "M") [x, y] = start = [c.x, c.y];
    else if (c.type === "L") line(c.x, c.y);
    else if (c.type === "Z") line(...start);
    else {
      const [x0, y0] = [x, y];
      for (let i = 1; i <= CURVE_STEPS; i++) {
        const t = i / CURVE_STEPS, s = 1 - t;
        if (c.type === "Q") line(s * s * x0 + 2 * s * t * c.x1 + t * t * c.x, s * s * y0 + 2 * s * t * c.y1 + t * t * c.y);
        else line(
          s ** 3 * x0 + 3 * s * s * t * c.x1 + 3 * s * t * t * c.x2 + t ** 3 * c.x,
          s ** 3 * y0 + 3 * s * s * t * c.y1 + 3 * s * t * t * c.y2 + t ** 3 * c.y,
        );
      }
    }
  }
  return out;
}

/** Distance of a point to the outline, negative inside (non-zero winding: strokes of a glyph may overlap). */
function signedDistance(outline, px, py) {
  let nearest = Infinity;
  let winding = 0;
  for (const [x0, y0, x1, y1] of outline) {
    const dx = x1 - x0, dy = y1 - y0;
    const t = Math.max(0, Math.min(1, ((px - x0) * dx + (py - y0) * dy) / (dx * dx + dy * dy)));
    const ex = px - x0 - t * dx, ey = py - y0 - t * dy;
    nearest = Math.min(nearest, ex * ex + ey * ey);
    if (y0 <= py !== y1 <= py && px < x0 + ((py - y0) / dy) * dx) winding += dy > 0 ? 1 : -1;
  }
  return winding === 0 ? Math.sqrt(nearest) : -Math.sqrt(nearest);
}

function drawGlyph(character) {
  const found = drawn(character);
  if (!found) return undefined;
  const { letters, font } = found;
  const advance = Math.round(font.getAdvanceWidth(letters, SIZE));
  const id = character.codePointAt(0);
  const outline = segments(font.getPath(letters, 0, 0, SIZE));
  if (outline.length === 0) return { id, width: 0, height: 0, left: 0, top: -ASCENDER, advance };

  const xs = outline.flatMap(([x0, , x1]) => [x0, x1]);
  const ys = outline.flatMap(([, y0, , y1]) => [y0, y1]);
  const left = Math.floor(Math.min(...xs)), right = Math.ceil(Math.max(...xs));
  const top = Math.floor(Math.min(...ys)), bottom = Math.ceil(Math.max(...ys));
  const width = right - left, height = bottom - top;
  const columns = width + 2 * MARGIN, rows = height + 2 * MARGIN;
  const bitmap = new Uint8Array(columns * rows);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const d = signedDistance(outline, left - MARGIN + column + 0.5, top - MARGIN + row + 0.5);
      bitmap[row * columns + column] = Math.max(0, Math.min(255, Math.round(255 - 255 * (d / RADIUS + CUTOFF))));
    }
  }
  return { id, bitmap, width, height, left, top: -top - ASCENDER, advance };
}

// Field numbers of glyphs.proto, the format of the /fonts/{stack}/{range}.pbf files.
function writeGlyph(glyph, pbf) {
  pbf.writeVarintField(1, glyph.id);
  if (glyph.bitmap) pbf.writeBytesField(2, glyph.bitmap);
  pbf.writeVarintField(3, glyph.width);
  pbf.writeVarintField(4, glyph.height);
  pbf.writeSVarintField(5, glyph.left);
  pbf.writeSVarintField(6, glyph.top);
  pbf.writeVarintField(7, glyph.advance);
}

function writeStack({ range, glyphs }, pbf) {
  pbf.writeStringField(1, STACK);
  pbf.writeStringField(2, range);
  for (const glyph of glyphs) pbf.writeMessage(3, writeGlyph, glyph);
}

const ranges = new Map();
const missing = [];
for (const character of listed()) {
  const glyph = drawGlyph(character);
  if (!glyph) {
    missing.push(character);
    continue;
  }
  const first = glyph.id - (glyph.id % 256);
  ranges.set(first, [...(ranges.get(first) ?? []), glyph]);
}

const folder = fileURLToPath(new URL(`../fonts/${STACK}/`, import.meta.url));
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
let total = 0;
for (const [first, glyphs] of [...ranges].sort(([a], [b]) => a - b)) {
  glyphs.sort((a, b) => a.id - b.id);
  const range = `${first}-${first + 255}`;
  const pbf = new PbfWriter();
  pbf.writeMessage(1, writeStack, { range, glyphs });
  const bytes = pbf.finish();
  total += bytes.length;
  writeFileSync(`${folder}${range}.pbf`, bytes);
}
console.log(`${ranges.size} ranges, ${total} bytes; no glyph for: ${missing.join(" ") || "none"}`);
