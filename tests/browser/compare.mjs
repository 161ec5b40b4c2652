// Editions of the plan on the page: one, then an adopted revision and an edit after it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { drawn, edit, launch, newPage, open, openPanel, publish, record, server, settled, shots } from "./setting.mjs";

const OLD = "矿区改名前";
const NEW = "矿区改名后";
const ADDED = "新设矿区";

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

/** Waits until the server has a change. */
async function untilServed(look) {
  for (let i = 0; i < 300; i += 1) {
    if (await look()) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  assert.fail("the server does not have the change");
}
const catalog = async () => (await fetch(`${server}/layers.json`)).json();
const snapshot = async () => (await catalog()).layers.find((layer) => layer.id === "mining_blocks").snapshot;
async function editAndWait(sql) {
  const old = await snapshot();
  edit(sql);
  await untilServed(async () => (await snapshot()) !== old);
}

/** Names of mining blocks on one of the two maps. */
const names = (page, side) => page.evaluate((which) => {
  const { map, comparison } = window.plantiles;
  const view = which === "old" ? comparison().before.map : map;
  return [...new Set(view.queryRenderedFeatures().filter((f) => f.source === "plan" && f.sourceLayer === "mining_blocks").map((f) => f.properties.name))];
}, side);

/** Kinds of change that are drawn on one of the two maps. */
const changes = (page, side) => page.evaluate((which) => {
  const { map, comparison } = window.plantiles;
  const view = which === "old" ? comparison().before.map : map;
  return [...new Set(view.queryRenderedFeatures().filter((f) => f.source === "changes").map((f) => f.properties.change))].sort();
}, side);

async function compared(page) {
  await page.waitForSelector("#changes [data-changes]", { state: "attached", timeout: 30_000 });
  await page.waitForFunction(() => window.plantiles.comparison().before.map.loaded() && window.plantiles.map.loaded());
  await page.waitForFunction(() => {
    const { map, comparison } = window.plantiles;
    return [map, comparison().before.map].every((view) => view.queryRenderedFeatures().some((f) => f.source === "changes"));
  });
}

test("with one edition there is nothing to compare", async (t) => {
  const page = await newPage(browser, t);
  await open(page);
  await openPanel(page, "editions");
  await page.locator("#revisions").getByText("仅有当前版本").waitFor();
  assert.equal(await page.locator("#compare").count(), 0);
});

test("an adopted revision and an edit after it are compared", async (t) => {
  await editAndWait(`update plan.mining_blocks set name = '${OLD}' where id = 1`);
  const page = await newPage(browser, t);
  await open(page);
  await openPanel(page, "editions");
  publish("--revision", "2023", "--adopted", "2023-12-31");
  // The open page hears of it.
  await page.waitForSelector("#compare", { timeout: 30_000 });
  await editAndWait(`begin; update plan.mining_blocks set name = '${NEW}', area_km2 = 12.5 where id = 1;
    delete from plan.mining_blocks where id = 2;
    insert into plan.mining_blocks (code, name, geom) select 'added', '${ADDED}', st_translate(geom, 0.02, 0) from plan.mining_blocks where id = 1; commit`);
  const log = record(page);
  await page.selectOption("#compare", "2023");
  await compared(page);
  assert.match(page.url(), /compare=2023/);
  assert.ok(page.url().includes("#map="), "the view is in the address too");

  const layer = page.locator('#changes [data-changes="mining_blocks"]');
  assert.deepEqual(await page.locator("#changes [data-changes]").count(), 1, "nothing else changed");
  assert.match((await layer.locator("summary").innerText()).replace(/\s/g, ""), /＋1－1～1/);
  await layer.locator("summary").click();
  const renamed = layer.locator("li").filter({ hasText: NEW });
  await renamed.waitFor();
  const words = await renamed.innerText();
  assert.ok(words.includes(OLD) && words.includes("12.5"), words);
  assert.ok((await layer.innerText()).includes(ADDED));

  // Each side has its own edition, with the changes drawn on it.
  const [before, after] = [await names(page, "old"), await names(page, "new")];
  assert.ok(before.includes(OLD) && !before.includes(NEW), String(before));
  assert.ok(after.includes(NEW) && after.includes(ADDED) && !after.includes(OLD), String(after));
  assert.deepEqual(await changes(page, "old"), ["changed_from", "removed"]);
  assert.deepEqual(await changes(page, "new"), ["added", "changed_to"]);

  // A click on a change goes there on both maps and marks it.
  await renamed.locator("button").click();
  await settled(page);
  const views = await page.evaluate(() => [window.plantiles.map, window.plantiles.comparison().before.map].map((map) => [map.getZoom(), map.getCenter().lng, map.getCenter().lat, Boolean(map.getLayer("changes/marked"))].join()));
  assert.equal(views[0], views[1]);
  assert.match(views[0], /true$/);
  await page.screenshot({ path: `${shots}/compare.png` });

  // The handle by keyboard.
  const handle = page.getByRole("slider");
  await handle.focus();
  await page.keyboard.press("ArrowLeft");
  assert.equal(await handle.getAttribute("aria-valuenow"), "48");
  await page.keyboard.press("Home");
  assert.equal(await handle.getAttribute("aria-valuenow"), "0");
  await page.keyboard.press("End");
  assert.equal(await handle.getAttribute("aria-valuenow"), "100");
  // And by mouse.
  const { x, y, height } = await handle.boundingBox();
  await page.mouse.move(x + 1, y + height / 3);
  await page.mouse.down();
  await page.mouse.move(x - 300, y + height / 3, { steps: 5 });
  await page.mouse.up();
  assert.ok(Number(await handle.getAttribute("aria-valuenow")) < 80);

  await page.click("#language");
  assert.match(await page.locator("#change-legend").innerText(), /Added[\s\S]*Removed[\s\S]*Changed/);

  // What is edited now comes into the list.
  await editAndWait("delete from plan.mining_blocks where code = 'added'");
  await page.waitForFunction(() => !document.querySelector("#changes [data-changes] summary").textContent.includes("＋"), undefined, { timeout: 30_000 });
  await page.selectOption("#compare", "");
  assert.equal(await page.locator("#swipe, #map-before, [data-changes]").count(), 0);
  assert.doesNotMatch(page.url(), /compare=/);
  assert.deepEqual(log.complaints, []);
});

test("an address shows an edition, or a comparison", async (t) => {
  const page = await newPage(browser, t);
  await open(page, "#edition=2023");
  assert.equal(await page.locator("#edition").inputValue(), "2023");
  assert.match(await page.title(), /2023/);
  await openPanel(page, "download");
  await page.locator("#download select[name=layer]").selectOption("mining_blocks");
  const file = await page.locator("#download a.primary").getAttribute("href");
  assert.equal(file, `${server}/downloads/mining_blocks@2023.fgb`);
  assert.equal((await fetch(file)).status, 200);
  await page.getByRole("combobox", { name: /搜索/ }).fill(OLD);
  await page.getByRole("option").filter({ hasText: OLD }).click();
  await page.locator('#feature-panel [data-feature="mining_blocks/1"]').waitFor();
  await openPanel(page, "editions");
  const shown = () => page.evaluate(() => window.plantiles.map.queryRenderedFeatures().filter((f) => f.sourceLayer === "mining_blocks").map((f) => f.properties.name));
  assert.ok((await shown()).includes(OLD));
  await page.selectOption("#edition", "current");
  await page.waitForFunction(() => !location.hash.includes("edition"));
  await page.waitForSelector("html[data-ready=true]");
  assert.ok((await shown()).includes(NEW));

  const other = await newPage(browser, t);
  await open(other, "#map=11/36.3/112.8&compare=2023");
  await compared(other);
  assert.equal(await other.locator("#compare").inputValue(), "2023");

  const unknown = await newPage(browser, t);
  await unknown.goto(`${server}/#edition=1999`);
  const alert = unknown.getByRole("alert").filter({ hasText: "没有这个规划版本" });
  await alert.getByRole("button", { name: "重试" }).click();
  await unknown.waitForSelector("html[data-ready=true]");
});

test("on a phone a change is chosen in the drawer and seen on the map", async (t) => {
  const page = await newPage(browser, t, { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
  await open(page, "#compare=2023");
  await compared(page);
  assert.ok((await page.evaluate(() => document.scrollingElement.scrollWidth)) <= 360);
  await openPanel(page, "editions");
  const layer = page.locator('#changes [data-changes="mining_blocks"]');
  await layer.locator("summary").click();
  await layer.locator("li button").first().click();
  await page.waitForSelector("#side", { state: "hidden" });
  await settled(page);
  assert.ok((await drawn(page, "mining_blocks")) > 0);
  await page.screenshot({ path: `${shots}/phone-compare.png` });
});
