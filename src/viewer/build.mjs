// Builds dist/: what the server embeds and serves under `/` (index.html) and `/assets/`.
//
// The map library stays in files of its own, as its makers ship it for pages with a strict content policy: the page's
// code changes often, that large file does not, and no worker has to be made from a blob.
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { build, transform } from "esbuild";

const dist = "dist/";
const library = "node_modules/maplibre-gl/dist/";

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);

for (const file of ["index.html", "icon.svg", "connect.css", "connect.js"]) copyFileSync(`src/${file}`, dist + file);

// The source map that the last line names is not served.
const withoutMap = (file) => readFileSync(file, "utf8").replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n");
writeFileSync(`${dist}maplibre-gl.js`, withoutMap(`${library}maplibre-gl-csp.js`));
writeFileSync(`${dist}maplibre-gl-worker.js`, withoutMap(`${library}maplibre-gl-csp-worker.js`));

await build({
  entryPoints: ["src/main.ts"],
  outfile: `${dist}app.js`,
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
const sizes = ["app.js", "connect.js", "maplibre-gl.js", "maplibre-gl-worker.js"].map((file) => gzipSync(readFileSync(dist + file), { level: 9 }).length);
const total = sizes.reduce((a, b) => a + b);
console.log(`JavaScript: ${total} bytes when compressed (${sizes.join(" + ")})`);
if (total > LIMIT) throw new Error(`more than ${LIMIT}`);
