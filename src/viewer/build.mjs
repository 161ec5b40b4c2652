// Builds dist/: what the server embeds and serves under `/` (index.html) and `/assets/`.
//
// The map library stays in files of its own: the page's code changes often, those large files do not. Its makers ship three
// parts in one file, which puts the worker together from text and a blob, which a strict content policy forbids; or two files
// with the shared part in both. Here each part is a file, and the page and the worker load the same shared one.
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { build, transform } from "esbuild";

const dist = "dist/";
const library = "node_modules/maplibre-gl/dist/";

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);

for (const file of ["index.html", "icon.svg", "connect.css", "connect.js"]) copyFileSync(`src/${file}`, dist + file);

/** The factories of the parts, as the library's file defines them: `define("shared", …)`, `define("worker", …)`, `define("index", …)`. */
function parts(text) {
  const names = ["shared", "worker", "index"];
  const starts = names.map((name) => text.indexOf(`define("${name}",`));
  const end = text.indexOf("//\n// Our custom intro");
  if ([...starts, end].some((place, i, places) => place <= (places[i - 1] ?? 0))) throw new Error("the map library is put together in another way");
  return Object.fromEntries(names.map((name, i) => {
    const call = text.slice(starts[i], starts[i + 1] ?? end).trim();
    return [name, call.slice(call.indexOf("(function"), call.lastIndexOf(")"))];
  }));
}

const { shared, worker, index } = parts(readFileSync(`${library}maplibre-gl.js`, "utf8"));
const licence = `/* MapLibre GL JS, 3-Clause BSD; see notices.txt */\n`;
writeFileSync(`${dist}maplibre-gl-shared.js`, `${licence}var maplibreShared={};${shared}(maplibreShared);\n`);
writeFileSync(`${dist}maplibre-gl-worker.js`, `${licence}importScripts("maplibre-gl-shared.js");${worker}(maplibreShared);\n`);
writeFileSync(`${dist}maplibre-gl.js`, `${licence}var maplibregl={};${index}(maplibregl,maplibreShared);\n`);

await build({
  entryPoints: { app: "src/main.ts", archive: "src/archive.ts" },
  outdir: dist,
  // Loaded by the page only when it reads an archive.
  external: ["./archive.js"],
  // For browsers without DecompressionStream, which do not run the page either.
  alias: { fflate: "./src/no_fflate.ts", pmtiles: "./node_modules/pmtiles/src/index.ts" },
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
});

// The library's stylesheet carries its buttons' pictures as data: addresses, which the content policy forbids; the page
// has buttons of its own.
const libraryCss = readFileSync(`${library}maplibre-gl.css`, "utf8").replace(/background-image:url\((["'])data:.*?\1\)/g, "background-image:none");
if (/url\(/.test(libraryCss)) throw new Error("the library's stylesheet still names pictures");
const css = await transform(libraryCss + readFileSync("src/app.css", "utf8"), { loader: "css", minify: true, charset: "utf8" });
writeFileSync(`${dist}app.css`, css.code);

/** Licences of the library and of everything that its makers bundled into it. */
function notices() {
  const lock = JSON.parse(readFileSync("package-lock.json", "utf8"));
  return Object.entries(lock.packages)
    .filter(([path, entry]) => path !== "" && !entry.dev && !path.includes("/@types/"))
    .map(([path, entry]) => {
      const file = existsSync(path) && readdirSync(path).filter((name) => /^licen[cs]e/i.test(name)).sort()[0];
      const text = file ? readFileSync(`${path}/${file}`, "utf8").replace(/\r\n/g, "\n").trim() : `Licence: ${entry.license}`;
      return `${path.replace(/^.*node_modules\//, "")} ${entry.version}\n\n${text}\n`;
    })
    .join(`\n${"-".repeat(80)}\n\n`);
}
writeFileSync(`${dist}notices.txt`, notices());

const LIMIT = 400_000;
const sizes = ["app.js", "archive.js", "connect.js", "maplibre-gl-shared.js", "maplibre-gl.js", "maplibre-gl-worker.js"].map((file) => gzipSync(readFileSync(dist + file), { level: 9 }).length);
const total = sizes.reduce((a, b) => a + b);
console.log(`JavaScript: ${total} bytes when compressed (${sizes.join(" + ")})`);
if (total > LIMIT) throw new Error(`more than ${LIMIT}`);
