// A reader's path in a panel, on a desk and on a phone, light and dark: a screen reader is told what is there (axe-core finds nothing
// wrong), nothing is wider than the page, nothing leaves the server, and a picture of it is kept.
import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { launch, newPage, open, record, server, settled, shots } from "./setting.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** The browser of a file of tests. */
export let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

export const VIEWPORTS = {
  desk: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true },
};

/** Violations that axe-core finds on the page as it is, one a line. */
export async function violations(page) {
  // By the debugger, which the page's content policy does not concern.
  await page.evaluate(axe);
  const { violations, passes } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations", "passes"] }));
  assert.ok(passes.some(({ id }) => id === "color-contrast"), "contrast was looked at");
  assert.ok(passes.some(({ id }) => id === "button-name"), "names of buttons were looked at");
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`));
}

/** Opens a panel, walks the reader's path in it, and looks at the result in every size and theme. */
export function panel(name, walk, { hash = "" } = {}) {
  for (const [size, options] of Object.entries(VIEWPORTS)) {
    for (const colorScheme of ["light", "dark"]) {
      test(`${name}, ${size}, ${colorScheme}`, async (t) => {
        const page = await newPage(browser, t, { ...options, colorScheme, permissions: ["clipboard-read", "clipboard-write"] });
        const log = record(page);
        await open(page, hash);
        assert.equal(await page.getAttribute("html", "data-theme"), colorScheme);
        await walk(page, size);
        await settled(page);
        await page.waitForTimeout(300); // what slides or fades has come to rest
        assert.ok((await page.evaluate(() => document.scrollingElement.scrollWidth)) <= options.viewport.width, "nothing is wider than the page");
        const shot = `${shots}/panel-${name}-${size}-${colorScheme}.png`;
        await page.screenshot({ path: shot });
        assert.ok(statSync(shot).size > 20_000, "there is something on the picture");
        assert.deepEqual(await violations(page), []);
        assert.deepEqual(log.complaints, []);
        assert.deepEqual(log.requests.filter((url) => new URL(url).origin !== new URL(server).origin), []);
      });
    }
  }
}

/** Clicks at points of the map given as shares of its width and height; returns where they are in degrees. */
export async function clickPoints(page, shares) {
  const places = [];
  for (const [x, y] of shares) {
    const place = await page.evaluate(([sx, sy]) => {
      const { map } = window.plantiles;
      const { left, top, width, height } = map.getCanvas().getBoundingClientRect();
      return { x: left + width * sx, y: top + height * sy, at: map.unproject([width * sx, height * sy]).toArray() };
    }, [x, y]);
    await page.mouse.click(place.x, place.y);
    places.push(place.at);
  }
  return places;
}
