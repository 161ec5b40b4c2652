// Leaflet, on a page of another site, shows what is in view out of a download, by range requests.
import assert from "node:assert/strict";
import { test } from "node:test";
import { show } from "./other_site.mjs";
import { bundledFeatures, server } from "./setting.mjs";

const LAYER = "townships";
const views = [{ center: [36.31, 112.88], zoom: 13 }, { center: [36.31, 112.88], zoom: 15 }, { center: [36.3, 112.8], zoom: 10 }];

/** Ids of the bundled features whose box meets the rectangle: that is what the file's index answers. */
function expected({ minX, minY, maxX, maxY }) {
  const meets = (feature) => {
    const points = feature.geometry.coordinates.flat(2);
    const [xs, ys] = [0, 1].map((axis) => points.map((point) => point[axis]));
    return Math.min(...xs) <= maxX && Math.max(...xs) >= minX && Math.min(...ys) <= maxY && Math.max(...ys) >= minY;
  };
  return bundledFeatures(LAYER).filter(meets).map((feature) => feature.id).sort((a, b) => a - b);
}

test("Leaflet shows the features in view", async (t) => {
  const data = `data-download="${server}/downloads/${LAYER}.fgb" data-views='${JSON.stringify(views)}'`;
  const { found, answers } = await show(t, "leaflet_page.mjs", data, "leaflet");
  for (const { rect, ids, outlines } of found) {
    assert.deepEqual(ids, expected(rect));
    // Of a feature whose box alone is in view there is nothing to draw.
    assert.ok(outlines > 0 && outlines <= ids.length, `${outlines} of ${ids.length} are drawn`);
  }
  const counts = found.map(({ ids }) => ids.length);
  assert.ok(0 < counts[1] && counts[1] < counts[0] && counts[0] < counts[2], `a closer view has fewer: ${counts}`);
  assert.deepEqual([counts[2], found[2].outlines], Array(2).fill(bundledFeatures(LAYER).length));
  const parts = answers.filter((answer) => answer.url().includes("/downloads/"));
  assert.ok(parts.length >= 3);
  // What the browser has already it only asks to confirm, and those answers have no range.
  assert.match((await parts[0].allHeaders())["content-range"], /^bytes 0-\d+\/\d+$/);
  for (const part of parts) {
    assert.match((await part.request().allHeaders()).range ?? "", /^bytes=\d+-\d+$/);
    assert.equal(part.status(), 206);
    assert.equal((await part.allHeaders())["content-encoding"], undefined);
  }
});
