// Every kind of page does what it is for within its content security policy, and nothing else gets a hold in it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, newPage, record, server } from "./setting.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

/** Opens a page that notes what its policy forbids. */
async function watched(t) {
  const page = await newPage(browser, t);
  const log = record(page);
  await page.addInitScript(() => {
    window.forbidden = [];
    document.addEventListener("securitypolicyviolation", (event) => window.forbidden.push(`${event.violatedDirective} ${event.blockedURI}`));
  });
  return { page, log, forbidden: () => page.evaluate(() => window.forbidden) };
}

const PAGES = {
  "the map": "/",
  addresses: "/connect",
  "map sheets": "/sheets",
  "the form of a review": "/review?f=html",
  "the landing page": "/ogc?f=html",
  "the API document": "/ogc/api?f=html",
  collections: "/ogc/collections?f=html",
  features: "/ogc/collections/mining_rights/items?f=html",
  tilesets: "/ogc/tiles?f=html",
  "the plan": "/plan?f=html",
  "its tables": "/plan/tables?f=html",
  contradictions: "/plan/inconsistencies?f=html",
  targets: "/plan/indicators?f=html",
  figures: "/statistics?f=html",
};

for (const [name, path] of Object.entries(PAGES)) {
  test(`${name}: nothing that it needs is forbidden`, async (t) => {
    const { page, log, forbidden } = await watched(t);
    const answer = await page.goto(server + path, { waitUntil: "networkidle" });
    assert.equal(answer.status(), 200);
    assert.ok(answer.headers()["content-security-policy"]);
    assert.deepEqual(await forbidden(), []);
    assert.deepEqual(log.complaints, []);
    // The style sheet is there: what is plain has no margins of its own.
    assert.ok((await page.evaluate(() => [...document.styleSheets].reduce((count, sheet) => count + sheet.cssRules.length, 0))) > 0, "it has a style");
  });
}

test("a report that a form asks for shows its style and its map", async (t) => {
  const { page, log, forbidden } = await watched(t);
  await page.goto(`${server}/review?f=html`);
  await page.locator("textarea[name=proposal]").fill("POLYGON((112.8 36.3,112.81 36.3,112.81 36.31,112.8 36.31,112.8 36.3))");
  await Promise.all([page.waitForNavigation(), page.locator("button[type=submit], input[type=submit], form button").first().click()]);
  assert.ok(await page.evaluate(() => document.querySelector("img.map").naturalWidth > 0), "the map is drawn");
  assert.equal(await page.evaluate(() => document.styleSheets.length), 1);
  assert.deepEqual(await forbidden(), []);
  assert.deepEqual(log.complaints, []);
});

test("what gets into a page as markup does nothing", async (t) => {
  for (const path of ["/", "/connect", "/ogc?f=html"]) {
    const { page, forbidden } = await watched(t);
    await page.goto(server + path);
    await page.evaluate(() => {
      const script = document.createElement("script");
      script.textContent = "window.ran = true";
      const elsewhere = document.createElement("img");
      elsewhere.src = "http://127.0.0.1:9/spy.png";
      const style = document.createElement("style");
      style.textContent = "body { display: none }";
      document.body.append(script, elsewhere, style);
    });
    await page.waitForFunction(() => window.forbidden.length >= 3);
    assert.equal(await page.evaluate(() => window.ran), undefined, path);
    const directives = (await forbidden()).map((line) => line.split(" ")[0]).sort();
    assert.deepEqual(directives.slice(0, 3), ["img-src", "script-src-elem", "style-src-elem"], path);
  }
});

test("no other site may show the map in a frame", async (t) => {
  const page = await newPage(browser, t);
  const other = server.replace("127.0.0.1", "localhost");
  assert.notEqual(other, server, "by another name it is another site");
  await page.goto(`${other}/healthz`);
  const refused = page.waitForEvent("console", (message) => /frame-ancestors/.test(message.text()));
  await page.setContent(`<iframe src="${server}/"></iframe>`);
  await refused;
});
