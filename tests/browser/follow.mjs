// The open page while someone edits the database.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { edit, launch, open, record, server } from "./setting.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

async function newPage(t) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  t.after(() => context.close());
  return context.newPage();
}

/** Waits until the map shows a feature of the layer with this name. */
function shown(page, layer, name) {
  const looks = ([id, wanted]) => window.plantiles.map.queryRenderedFeatures().some((f) => f.sourceLayer === id && f.properties.name === wanted);
  return page.waitForFunction(looks, [layer, name], { timeout: 30_000 });
}

/** Counts the frames in which nothing of the layer was on the map. */
function watchForGaps(page, layer) {
  return page.evaluate((id) => {
    window.gaps = 0;
    window.plantiles.map.on("render", () => {
      if (!window.plantiles.map.queryRenderedFeatures().some((f) => f.sourceLayer === id)) window.gaps += 1;
    });
  }, layer);
}

test("an edit shows on the open map, without a gap and without loading anything else", async (t) => {
  const page = await newPage(t);
  await open(page);
  const log = record(page);
  await watchForGaps(page, "mining_blocks");
  const name = `改名 ${Date.now()}`;
  edit(`update plan.mining_blocks set name = '${name}' where id = 1`);
  await shown(page, "mining_blocks", name);
  assert.equal(await page.evaluate(() => window.gaps), 0);
  const paths = new Set(log.requests.map((url) => new URL(url).pathname.replace(/@[0-9a-f]+\/.*/, "@")));
  paths.delete("/events");
  assert.deepEqual([...paths].filter((path) => !path.startsWith("/fonts/")).sort(), ["/layers.json", "/tiles/plan.json", "/tiles/plan@"]);
  assert.deepEqual(log.complaints, []);
});

test("the list counts what is there now", async (t) => {
  const page = await newPage(t);
  await open(page);
  const count = page.locator('[data-layer="mining_blocks"] .count');
  const before = Number(await count.innerText());
  edit("insert into plan.mining_blocks (code, name, geom) select 'copy', 'copy', geom from plan.mining_blocks where id = 1");
  await page.waitForFunction((n) => document.querySelector('[data-layer="mining_blocks"] .count').textContent === n, String(before + 1), { timeout: 30_000 });
  edit("delete from plan.mining_blocks where code = 'copy'");
  await page.waitForFunction((n) => document.querySelector('[data-layer="mining_blocks"] .count').textContent === n, String(before), { timeout: 30_000 });
});

test("a page that gets no events asks now and then", async (t) => {
  const page = await newPage(t);
  await page.route("**/events", (route) => route.fulfill({ status: 503, body: "" }));
  await open(page);
  const name = `再改名 ${Date.now()}`;
  edit(`update plan.mining_blocks set name = '${name}' where id = 1`);
  await shown(page, "mining_blocks", name);
});

test("a page that nobody looks at gives its stream back and catches up later", async (t) => {
  const page = await newPage(t);
  await open(page);
  const hide = (hidden) => page.evaluate((value) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => value });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);
  await hide(true);
  const name = `三改名 ${Date.now()}`;
  const log = record(page);
  edit(`update plan.mining_blocks set name = '${name}' where id = 1`);
  await page.waitForTimeout(3000);
  assert.deepEqual(log.requests, [], "nothing is asked for while the page is hidden");
  await hide(false);
  await shown(page, "mining_blocks", name);
  assert.ok(log.requests.some((url) => url === `${server}/events`));
});
