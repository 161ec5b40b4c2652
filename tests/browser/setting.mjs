// What the tests run against: the server, its database, the browser, the bundled plan.
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
      // The map needs WebGL, which SwiftShader draws on the processor.
      "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
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
