// Adds the characters of the given files to fonts/characters.txt, the list of what the glyph ranges cover.
//
//   npm run characters -- ../data/layers.json ../data/tunliu/*.geojson
//
// The list is kept so that glyphs can be rebuilt without the texts they were first collected from.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const list = fileURLToPath(new URL("../fonts/characters.txt", import.meta.url));
const PER_LINE = 60;

/** Codepoints of `text` that can have a glyph: no controls, nothing outside the basic plane (glyph ranges end at 65535). */
export function printable(text) {
  return [...new Set(text)].filter((c) => c.codePointAt(0) <= 0xffff && !/[\p{C}\p{Zl}\p{Zp}\n]/u.test(c));
}

/** The characters that need a glyph: those listed, spaces, and the upright punctuation of text that runs downwards. */
export function listed() {
  const upright = Array.from({ length: 0xfe4f - 0xfe10 + 1 }, (_, i) => String.fromCharCode(0xfe10 + i));
  return [...new Set(printable(readFileSync(list, "utf8")).concat(" ", "\u00a0", "\u3000", upright))];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const ascii = String.fromCharCode(...Array.from({ length: 95 }, (_, i) => 32 + i));
  const texts = process.argv.slice(2).map((file) => readFileSync(file, "utf8"));
  const known = readFileSync(list, { encoding: "utf8", flag: "a+" });
  const all = printable([ascii, known, ...texts].join("")).filter((c) => !/\s/u.test(c));
  all.sort((a, b) => a.codePointAt(0) - b.codePointAt(0));
  const lines = [];
  for (let i = 0; i < all.length; i += PER_LINE) lines.push(all.slice(i, i + PER_LINE).join(""));
  writeFileSync(list, lines.join("\n") + "\n");
  console.log(`${all.length} characters`);
}
