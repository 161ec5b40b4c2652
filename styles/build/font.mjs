// Builds print/{STACK}.otf, which sheets are set in: the outlines of the characters in fonts/characters.txt.
//
// Outlines, not the distance fields of glyphs.mjs: print has ten times the pixels of a screen, and a PDF holds the font itself.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import opentype from "opentype.js";
import { listed } from "./characters.mjs";
import { drawn, STACK } from "./noto.mjs";

const EM = 1000;

function outline({ letters, font }) {
  const path = new opentype.Path();
  const flip = (y) => -Math.round(y);
  for (const c of font.getPath(letters, 0, 0, EM).commands) {
    if (c.type === "M") path.moveTo(Math.round(c.x), flip(c.y));
    else if (c.type === "L") path.lineTo(Math.round(c.x), flip(c.y));
    else if (c.type === "Q") path.quadTo(Math.round(c.x1), flip(c.y1), Math.round(c.x), flip(c.y));
    else if (c.type === "C")
      path.curveTo(Math.round(c.x1), flip(c.y1), Math.round(c.x2), flip(c.y2), Math.round(c.x), flip(c.y));
    else path.close();
  }
  return path;
}

const glyphs = [new opentype.Glyph({ name: ".notdef", advanceWidth: EM, path: new opentype.Path() })];
for (const character of listed().sort((a, b) => a.codePointAt(0) - b.codePointAt(0))) {
  const found = drawn(character);
  if (!found) continue;
  const unicode = character.codePointAt(0);
  const advanceWidth = Math.round(found.font.getAdvanceWidth(found.letters, EM));
  const name = `uni${unicode.toString(16).toUpperCase().padStart(4, "0")}`;
  glyphs.push(new opentype.Glyph({ name, unicode, advanceWidth, path: outline(found) }));
}

// The library stamps the hour into the font.
Date.prototype.getTime = () => 0;
const font = new opentype.Font({
  familyName: STACK.replace(" Medium", ""),
  styleName: "Medium",
  unitsPerEm: EM,
  ascender: 880,
  descender: -120,
  weightClass: 500,
  copyright: readFileSync(fileURLToPath(new URL("../fonts/OFL.txt", import.meta.url)), "utf8").split("\n")[0],
  license: "SIL Open Font License 1.1",
  glyphs,
});
const bytes = Buffer.from(font.toArrayBuffer());
writeFileSync(fileURLToPath(new URL(`../print/${STACK}.otf`, import.meta.url)), bytes);
console.log(`${glyphs.length} glyphs, ${bytes.length} bytes`);
