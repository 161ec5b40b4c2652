// The font that glyphs and the font file are made from: Noto Sans SC Medium, as its package holds it.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import opentype from "opentype.js";

export const STACK = "Noto Sans SC Medium";

const require = createRequire(import.meta.url);
const parsed = new Map();
function parseFont(subset) {
  if (!parsed.has(subset)) {
    const file = readFileSync(require.resolve(`@fontsource/noto-sans-sc/files/noto-sans-sc-${subset}-500-normal.woff`));
    parsed.set(subset, opentype.parse(file.buffer.slice(file.byteOffset, file.byteOffset + file.length)));
  }
  return parsed.get(subset);
}

// The package holds the font as one large subset (GB 2312) and, for the rarer characters, numbered ones by Unicode range.
const numbered = Object.entries(require("@fontsource/noto-sans-sc/unicode.json"))
  .filter(([subset]) => subset.startsWith("["))
  .map(([subset, ranges]) => [
    subset.slice(1, -1),
    ranges.split(",").map((r) => r.replace("U+", "").split("-").map((hex) => parseInt(hex, 16))),
  ]);

function fontWith(letters) {
  const has = (font) => [...letters].every((c) => font.charToGlyphIndex(c) > 0);
  if (has(parseFont("chinese-simplified"))) return parseFont("chinese-simplified");
  const id = letters.codePointAt(0);
  const entry = numbered.find(([, ranges]) => ranges.some(([first, last = first]) => first <= id && id <= last));
  return entry && has(parseFont(entry[0])) ? parseFont(entry[0]) : undefined;
}

/** The letters that `character` is drawn with and a font that has them; nothing where there is none. */
export function drawn(character) {
  // The font has no Roman numerals (the plan names a zone Ⅲ3): they are drawn as the letters they stand for.
  const letters = [character, character.normalize("NFKC")].find(fontWith);
  return letters && { letters, font: fontWith(letters) };
}
