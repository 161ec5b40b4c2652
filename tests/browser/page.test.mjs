// The page by a reader's path.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { bundledFeatures, bundledLayers, clickOn, drawn, launch, newPage, open, openPanel, record, server, settled, shots } from "./setting.mjs";

const titleOf = (layer, field, language) =>
  bundledLayers.find((l) => l.id === layer).fields.find((f) => f.name === field).title[language];

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

describe("at the desk", () => {
  test("the plan is on the map, and no request leaves the server", async (t) => {
    const page = await newPage(browser, t);
    const log = record(page);
    await open(page);
    assert.ok((await page.title()).includes("屯留区"));
    for (const { id } of bundledLayers.filter((layer) => layer.group === "planning")) {
      assert.ok((await drawn(page, id)) > 0, `${id} is drawn`);
    }
    const names = await page.evaluate(() => window.plantiles.map.queryRenderedFeatures().filter((f) => f.layer.type === "symbol" && f.layer.metadata["plantiles:label"]).map((f) => f.properties.name));
    assert.ok(names.some((name) => /[镇乡]$/.test(name)), "names of townships are written");
    assert.ok(log.requests.some((url) => url.includes("/fonts/")), "glyphs come from the server");

    await page.screenshot({ path: `${shots}/desktop.png` });
    assert.deepEqual(log.requests.filter((url) => new URL(url).origin !== new URL(server).origin), []);
    assert.deepEqual(log.complaints, []);
  });

  test("the page forbids itself everything but its own server", async (t) => {
    const page = await newPage(browser, t);
    const response = await page.goto(server);
    const policy = response.headers()["content-security-policy"] ?? "";
    assert.match(policy, /default-src 'self'/);
    assert.doesNotMatch(policy, /unsafe|\*|https?:/);
  });

  test("every layer has a switch, a legend and a count", async (t) => {
    const page = await newPage(browser, t);
    await open(page);
    for (const layer of bundledLayers) {
      const row = page.locator(`[data-layer="${layer.id}"]`);
      assert.ok((await row.locator(".layer").innerText()).includes(layer.title.zh), layer.id);
      assert.equal(await row.locator(".count").innerText(), String(bundledFeatures(layer.id).length), layer.id);
      assert.ok((await row.locator("canvas.swatch").count()) > 0, `${layer.id} has a swatch`);
    }
  });

  test("a switch takes a layer off the map and puts it back", async (t) => {
    const page = await newPage(browser, t);
    await open(page);
    const box = page.locator('[data-layer="mining_blocks"] input[type=checkbox]');
    await box.uncheck();
    await settled(page);
    assert.equal(await drawn(page, "mining_blocks"), 0);
    await box.check();
    await settled(page);
    assert.ok((await drawn(page, "mining_blocks")) > 0);
  });

  test("a click on a mining block tells its name and fields", async (t) => {
    const page = await newPage(browser, t);
    await open(page);
    const block = bundledFeatures("mining_blocks")[0];
    await clickOn(page, "mining_blocks", block);
    const panel = page.locator("#feature-panel");
    const words = await panel.innerText();
    assert.ok(words.includes(block.properties.name));
    assert.ok(words.includes(String(block.properties.area_km2)));
    assert.ok(words.includes(block.properties.source_section));
    for (const field of ["code", "mineral", "area_km2"]) assert.ok(words.includes(titleOf("mining_blocks", field, "zh")), field);
    // Everything that lies here is listed, also what is drawn as an outline only.
    assert.ok((await panel.locator('[data-feature^="townships/"]').count()) > 0);
    await page.screenshot({ path: `${shots}/desktop-feature.png` });

    await page.keyboard.press("Escape");
    await panel.getByRole("button", { name: "关闭" }).click();
    assert.equal(await panel.isVisible(), false);
  });

  test("the keyboard alone tells what is at the centre", async (t) => {
    const page = await newPage(browser, t);
    await open(page);
    await page.locator("canvas.maplibregl-canvas").focus();
    await page.keyboard.press("Enter");
    await page.waitForSelector("#feature-panel:not([hidden])");
    await page.keyboard.press("Escape");
    await page.waitForSelector("#feature-panel", { state: "hidden" });
  });

  test("English is a click away and remembered", async (t) => {
    const page = await newPage(browser, t);
    await open(page);
    await page.click("#language");
    const words = () => page.locator("#panel-layers").innerText();
    const english = bundledLayers.find((l) => l.id === "mining_blocks").title.en;
    assert.ok((await words()).includes(english));
    assert.equal(await page.getAttribute("html", "lang"), "en");
    const block = bundledFeatures("mining_blocks")[0];
    await clickOn(page, "mining_blocks", block);
    assert.ok((await page.locator("#feature-panel").innerText()).includes(titleOf("mining_blocks", "area_km2", "en")));
    await page.screenshot({ path: `${shots}/desktop-english.png` });
    await page.reload();
    await page.waitForSelector("html[data-ready=true]");
    assert.ok((await words()).includes(english));
  });

  test("coordinates are read in degrees and in degrees, minutes, seconds", async (t) => {
    const page = await newPage(browser, t);
    await open(page);
    await page.mouse.move(800, 400);
    assert.match(await page.locator("#coordinates").innerText(), /11\d\.\d{5}, 3\d\.\d{5}\s+11\d°\d\d′\d\d\.\d″E 3\d°\d\d′\d\d\.\d″N\s+X 4\d{6}\.\d Y 38\d{6}\.\d \(带号 38\)\s+CGCS2000/);
  });

  test("the notice that geometry is schematic stays", async (t) => {
    const page = await newPage(browser, t);
    await open(page);
    assert.match(await page.locator("#schematic-notice").innerText(), /示意/);
    await page.click("#language");
    assert.match(await page.locator("#schematic-notice").innerText(), /Schematic/);
  });

  test("the address keeps the view", async (t) => {
    const page = await newPage(browser, t);
    await open(page, "#map=13/36.32/112.87");
    assert.equal(Math.round(await page.evaluate(() => window.plantiles.map.getZoom())), 13);
    await page.getByRole("button", { name: "放大" }).click();
    await page.waitForFunction(() => location.hash.startsWith("#map=14/"));
  });

  test("addresses for QGIS are copied, and the page says so", async (t) => {
    const page = await newPage(browser, t, { permissions: ["clipboard-read", "clipboard-write"] });
    await open(page);
    const copied = () => page.evaluate(() => navigator.clipboard.readText());
    await openPanel(page, "connect");
    await page.locator("#connect button").nth(0).click();
    assert.equal(await copied(), `${server}/tiles/plan/{z}/{x}/{y}.mvt`);
    assert.equal(await page.locator("#announcement").textContent(), "已复制");
    await page.locator("#connect button").nth(1).click();
    assert.equal(await copied(), `${server}/styles/plan.json`);
  });
});

describe("on a phone", () => {
  test("everything fits 360 px", async (t) => {
    const page = await newPage(browser, t, { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
    const log = record(page);
    await open(page);
    const width = () => page.evaluate(() => document.scrollingElement.scrollWidth);
    assert.ok((await width()) <= 360);
    assert.equal(await page.locator("#side").isVisible(), false);
    await page.screenshot({ path: `${shots}/phone.png` });

    await openPanel(page, "layers");
    await page.screenshot({ path: `${shots}/phone-layers.png` });
    await page.getByRole("button", { name: "图层", exact: true }).click();
    await page.waitForSelector("#side", { state: "hidden" });

    await clickOn(page, "exploration_blocks", bundledFeatures("exploration_blocks")[0]);
    await page.waitForSelector("#feature-panel", { state: "visible" });
    assert.ok((await width()) <= 360);
    await page.screenshot({ path: `${shots}/phone-feature.png` });
    assert.deepEqual(log.complaints, []);
  });
});

describe("when something is missing", () => {
  const failing = (page, pattern) => page.route(pattern, (route) => route.fulfill({ status: 503, body: "" }));

  test("the catalog", async (t) => {
    const page = await newPage(browser, t);
    await failing(page, "**/layers.json");
    await page.goto(server);
    await page.getByRole("alert").filter({ hasText: "图层目录" }).waitFor();
  });

  test("the style", async (t) => {
    const page = await newPage(browser, t);
    await failing(page, "**/styles/plan.json");
    await page.goto(server);
    await page.getByRole("alert").filter({ hasText: "地图样式" }).waitFor();
  });

  test("tiles, until they are back", async (t) => {
    const page = await newPage(browser, t);
    await failing(page, "**/*.mvt");
    await page.goto(server);
    const alert = page.getByRole("alert").filter({ hasText: "未能载入" });
    await alert.waitFor();
    await page.unroute("**/*.mvt");
    await alert.getByRole("button", { name: "重试" }).click();
    await page.waitForFunction(() => window.plantiles.map.queryRenderedFeatures().some((f) => f.sourceLayer === "mining_blocks"));
    assert.equal(await alert.isVisible(), false);
  });

  test("WebGL: the layers can still be downloaded", async (t) => {
    const page = await newPage(browser, t);
    await page.addInitScript(() => {
      const original = HTMLCanvasElement.prototype.getContext;
      HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
        return kind.startsWith("webgl") ? null : original.call(this, kind, ...rest);
      };
    });
    await page.goto(server);
    await page.getByRole("alert").filter({ hasText: "WebGL" }).waitFor();
    await openPanel(page, "download");
    await page.locator("#download select[name=layer]").selectOption("townships");
    assert.equal(await page.locator("#download a.primary").getAttribute("href"), `${server}/downloads/townships.fgb`);
  });
});
