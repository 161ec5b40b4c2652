// OpenLayers, on a page of another site, reads and draws the tiles.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { bundledFeatures, bundledLayers, launch, record, server, shots } from "./setting.mjs";

/** Another site: its origin differs from the server's, so that CORS is tried too. */
async function startSite(script, data) {
  const page = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
    <body ${data}><div id="map" style="position:fixed;inset:0"></div><script type="module" src="/page.js"></script>`;
  const site = createServer((request, response) => {
    const isScript = request.url === "/page.js";
    response.writeHead(200, { "content-type": isScript ? "text/javascript" : "text/html" });
    response.end(isScript ? script : page);
  });
  await new Promise((listening) => site.listen(0, "127.0.0.1", listening));
  return site;
}

/** Shows a page of this folder and gives its body and the names that it found in each layer. */
async function show(t, script, data, shot) {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(script, import.meta.url))],
    bundle: true,
    write: false,
    format: "esm",
  });
  const site = await startSite(outputFiles[0].text, data);
  const browser = await launch();
  t.after(() => Promise.all([browser.close(), site.close()]));
  const page = await browser.newPage({ viewport: { width: 900, height: 600 } });
  const log = record(page);
  await page.goto(`http://127.0.0.1:${site.address().port}/`);
  await page.waitForSelector("body[data-found]", { state: "attached", timeout: 30_000 });
  await page.screenshot({ path: `${shots}/${shot}.png` });
  const body = page.locator("body");
  assert.equal(await body.getAttribute("data-failed"), null);
  assert.deepEqual(log.complaints, []);
  return { body, found: JSON.parse(await body.getAttribute("data-found")) };
}

test("tiles load in OpenLayers, from another site", async (t) => {
  const { found } = await show(t, "openlayers_page.mjs", `data-tiles="${server}/tiles/plan/{z}/{x}/{y}.mvt"`, "openlayers");
  for (const { id } of bundledLayers.filter((layer) => layer.group === "planning")) assert.ok(found[id]?.length > 0, id);
  assert.deepEqual(found.mining_blocks.sort(), bundledFeatures("mining_blocks").map((f) => f.properties.name).sort());
});

test("tiles in EPSG:4490 lie in OpenLayers where their features are", async (t) => {
  const sheet = bundledFeatures("map_sheets_50k")[0];
  const [[ring]] = sheet.geometry.coordinates;
  const middle = [0, 1].map((axis) => (Math.min(...ring.map((p) => p[axis])) + Math.max(...ring.map((p) => p[axis]))) / 2);
  const data = `data-server="${server}" data-place="${JSON.stringify(middle)}"`;
  const { body, found } = await show(t, "openlayers_4490_page.mjs", data, "openlayers-4490");
  assert.deepEqual(found.mining_blocks.sort(), bundledFeatures("mining_blocks").map((f) => f.properties.name).sort());
  const at = JSON.parse(await body.getAttribute("data-at"));
  assert.ok(at.some(([layer, name]) => layer === "map_sheets_50k" && name === sheet.properties.name), JSON.stringify(at));
});
