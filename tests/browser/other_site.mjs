// A page of another site that shows the server's data with a library.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { launch, record, shots } from "./setting.mjs";

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

/**
 * Shows a page of this folder and gives its body, what it found, as it noted it in `data-found`, and the requests that it made
 * of the server with the answers to them.
 */
export async function show(t, script, data, shot) {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(script, import.meta.url))],
    bundle: true,
    write: false,
    format: "esm",
    loader: { ".css": "text", ".png": "dataurl" },
  });
  const site = await startSite(outputFiles[0].text, data);
  const browser = await launch();
  t.after(() => Promise.all([browser.close(), site.close()]));
  const page = await browser.newPage({ viewport: { width: 900, height: 600 } });
  const log = record(page);
  const answers = [];
  page.on("response", (answer) => answers.push(answer));
  await page.goto(`http://127.0.0.1:${site.address().port}/`);
  await page.waitForSelector("body[data-found]", { state: "attached", timeout: 30_000 });
  await page.screenshot({ path: `${shots}/${shot}.png` });
  const body = page.locator("body");
  assert.equal(await body.getAttribute("data-failed"), null);
  assert.deepEqual(log.complaints, []);
  return { body, answers, found: JSON.parse(await body.getAttribute("data-found")) };
}
