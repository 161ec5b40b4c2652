// OpenLayers, on a page of another site, reads and draws the tiles.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { bundledFeatures, bundledLayers, launch, record, server, shots } from "./setting.mjs";

/** Another site: its origin differs from the server's, so that CORS is tried too. */
async function startSite(script) {
  const page = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
    <body data-tiles="${server}/tiles/plan/{z}/{x}/{y}.mvt"><div id="map" style="position:fixed;inset:0"></div><script src="/page.js"></script>`;
  const site = createServer((request, response) => {
    const isScript = request.url === "/page.js";
    response.writeHead(200, { "content-type": isScript ? "text/javascript" : "text/html" });
    response.end(isScript ? script : page);
  });
  await new Promise((listening) => site.listen(0, "127.0.0.1", listening));
  return site;
}

test("tiles load in OpenLayers, from another site", async (t) => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("openlayers_page.mjs", import.meta.url))],
    bundle: true,
    write: false,
    format: "iife",
  });
  const site = await startSite(outputFiles[0].text);
  const browser = await launch();
  t.after(() => Promise.all([browser.close(), site.close()]));
  const page = await browser.newPage({ viewport: { width: 900, height: 600 } });
  const log = record(page);
  await page.goto(`http://127.0.0.1:${site.address().port}/`);
  await page.waitForSelector("body[data-found]", { state: "attached", timeout: 30_000 });
  await page.screenshot({ path: `${shots}/openlayers.png` });

  assert.equal(await page.locator("body").getAttribute("data-failed"), null);
  const found = JSON.parse(await page.locator("body").getAttribute("data-found"));
  for (const { id } of bundledLayers.filter((layer) => layer.group === "planning")) assert.ok(found[id]?.length > 0, id);
  assert.deepEqual(found.mining_blocks.sort(), bundledFeatures("mining_blocks").map((f) => f.properties.name).sort());
  assert.deepEqual(log.complaints, []);
});
