// The FlatGeobuf client for browsers reads a box out of a download, by range requests.
import assert from "node:assert/strict";
import { test } from "node:test";
import { deserialize } from "flatgeobuf/lib/mjs/geojson.js";
import { bundledFeatures, server } from "./setting.mjs";

function box(feature) {
  const points = feature.geometry.coordinates.flat(Infinity);
  const xs = points.filter((_, i) => i % 2 === 0), ys = points.filter((_, i) => i % 2 === 1);
  return { minX: Math.min(...xs), minY: Math.min(...ys), maxX: Math.max(...xs), maxY: Math.max(...ys) };
}

/** Ids of the bundled features whose box meets the rectangle: that is what the file's index answers. */
function expected(layer, rect) {
  return bundledFeatures(layer)
    .filter((f) => {
      const b = box(f);
      return b.minX <= rect.maxX && b.maxX >= rect.minX && b.minY <= rect.maxY && b.maxY >= rect.minY;
    })
    .map((f) => [f.id, f.properties.name])
    .sort(([a], [b]) => a - b);
}

async function read(layer, rect) {
  const found = [];
  for await (const feature of deserialize(`${server}/downloads/${layer}.fgb`, { rect })) {
    found.push([Number(feature.properties.id), feature.properties.name]);
  }
  return found.sort(([a], [b]) => a - b);
}

test("some townships under a box", async () => {
  const rect = { minX: 112.86, minY: 36.3, maxX: 112.9, maxY: 36.33 };
  const want = expected("townships", rect);
  assert.ok(want.length > 0 && want.length < bundledFeatures("townships").length, "the box tells townships apart");
  assert.deepEqual(await read("townships", rect), want);
});

// The client's first range, 12,944 bytes, may reach past the end of such a file: the answer must be clamped, not refused.
test("a file of one feature", async () => {
  const whole = { minX: 100, minY: 30, maxX: 120, maxY: 40 };
  for (const layer of ["admin_boundary", "prevention_zones", "key_exploration_areas"]) {
    assert.deepEqual(await read(layer, whole), expected(layer, whole), layer);
  }
});

test("a box with nothing in it", async () => {
  assert.deepEqual(await read("townships", { minX: 10, minY: 10, maxX: 11, maxY: 11 }), []);
});
