// What the tests run against: the server, its database, the browser, the bundled plan.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { chromium } from "playwright-core";

function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`set ${name}; see README.md`);
  return value;
}

/** The server's address without a slash at its end. */
export const server = required("PLANTILES_URL").replace(/\/$/, "");
export const shots = required("PLANTILES_SHOTS");
mkdirSync(shots, { recursive: true });

const data = new URL("../../data/", import.meta.url);
export const bundledLayers = JSON.parse(readFileSync(new URL("layers.json", data), "utf8"));
export function bundledFeatures(layer) {
  return JSON.parse(readFileSync(new URL(`tunliu/${layer}.geojson`, data), "utf8")).features;
}

export function launch() {
  return chromium.launch({
    executablePath: process.env.PLANTILES_CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      // The map needs WebGL, which without a graphics card SwiftShader draws on the processor; the page around it needs no such thing.
      "--enable-unsafe-swiftshader",
      // The browser's own errands must not be taken for the page's.
      "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run",
    ],
  });
}

/** Keeps what a page asks for and complains about. Drivers' remarks on slow reads of the screen are no complaint. */
export function record(page) {
  const log = { requests: [], complaints: [] };
  page.on("request", (request) => log.requests.push(request.url()));
  page.on("pageerror", (error) => log.complaints.push(error.message));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type()) && !/GL Driver Message|willReadFrequently/.test(message.text())) {
      log.complaints.push(`${message.text()} ${message.location().url}`);
    }
  });
  return log;
}

export async function open(page, hash = "") {
  await page.goto(`${server}/${hash}`);
  await page.waitForSelector("html[data-ready=true]", { timeout: 60_000 });
}

/** Runs SQL in the server's database. */
export function edit(sql) {
  execFileSync("psql", ["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--dbname", required("DATABASE_URL"), "--command", sql]);
}

/** Runs `plantiles publish` with these arguments into the server's state directory. */
export function publish(...arguments_) {
  const args = ["publish", "--database-url", required("DATABASE_URL"), "--state", required("PLANTILES_TEST_STATE"), ...arguments_];
  execFileSync(required("PLANTILES_TEST_PROGRAM"), args, { stdio: "pipe" });
}

/** Waits until the map has drawn everything it now shows. */
export function settled(page) {
  return page.evaluate(() => new Promise((done) => {
    const { map } = window.plantiles;
    map.once("idle", () => done());
    map.triggerRepaint();
  }));
}

/** How many features of a data layer are on the screen. */
export function drawn(page, layer) {
  return page.evaluate((id) => window.plantiles.map.queryRenderedFeatures().filter((f) => f.sourceLayer === id && !f.layer.id.endsWith("/hit")).length, layer);
}

/** A page of its own, closed with the test. */
export async function newPage(browser, t, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  t.after(() => context.close());
  return context.newPage();
}

/** Where on the screen a click meets the feature with this name. */
async function pointOn(page, layer, name) {
  return page.evaluate(([layerId, featureName]) => {
    const { map } = window.plantiles;
    const { width, height, left, top } = map.getCanvas().getBoundingClientRect();
    // The panels lie over the edges of the map.
    for (let y = height * 0.2; y < height * 0.8; y += 6) {
      for (let x = width * 0.1; x < width * 0.6; x += 6) {
        const hit = map.queryRenderedFeatures([x, y]).some((f) => f.sourceLayer === layerId && f.layer.type === "fill" && f.properties.name === featureName);
        if (hit) return { x: left + x, y: top + y };
      }
    }
    return undefined;
  }, [layer, name]);
}

/** Moves the map to a feature of the bundled plan and clicks on it. */
export async function clickOn(page, layer, feature) {
  const rings = feature.geometry.type === "MultiPolygon" ? feature.geometry.coordinates[0] : feature.geometry.coordinates;
  const xs = rings[0].map(([x]) => x), ys = rings[0].map(([, y]) => y);
  await page.evaluate((bounds) => window.plantiles.map.fitBounds(bounds, { duration: 0, padding: 120 }), [
    [Math.min(...xs), Math.min(...ys)],
    [Math.max(...xs), Math.max(...ys)],
  ]);
  await settled(page);
  const point = await pointOn(page, layer, feature.properties.name);
  assert.ok(point, `${feature.properties.name} is on the map`);
  await page.mouse.click(point.x, point.y);
}

/** Opens one of the panels beside the map, unless it is open. */
export async function openPanel(page, name) {
  const button = page.locator(`#rail [data-opens="${name}"]`);
  if ((await button.getAttribute("aria-expanded")) === "false") await button.click();
  await page.locator(`#panel-${name}`).waitFor();
}
