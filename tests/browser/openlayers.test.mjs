// OpenLayers, on a page of another site, reads and draws the tiles.
import assert from "node:assert/strict";
import { test } from "node:test";
import { show } from "./other_site.mjs";
import { bundledFeatures, bundledLayers, server } from "./setting.mjs";

test("tiles load in OpenLayers, from another site", async (t) => {
  const { found } = await show(t, "openlayers_page.mjs", `data-tiles="${server}/tiles/plan/{z}/{x}/{y}.mvt"`, "openlayers");
  for (const { id } of bundledLayers.filter((layer) => layer.group === "planning")) assert.ok(found[id]?.length > 0, id);
  assert.deepEqual(found.mining_blocks.sort(), bundledFeatures("mining_blocks").map((f) => f.properties.name).sort());
});

test("tiles in EPSG:4490 lie in OpenLayers where their features are", async (t) => {
  const sheet = bundledFeatures("map_sheets_50k")[0];
  const [[ring]] = sheet.geometry.coordinates;
  const middle = [0, 1].map((axis) => (Math.min(...ring.map((p) => p[axis])) + Math.max(...ring.map((p) => p[axis]))) / 2);
  const data = `data-server="${server}" data-place="${JSON.stringify(middle)}"`;
  const { body, found } = await show(t, "openlayers_4490_page.mjs", data, "openlayers-4490");
  assert.deepEqual(found.mining_blocks.sort(), bundledFeatures("mining_blocks").map((f) => f.properties.name).sort());
  const at = JSON.parse(await body.getAttribute("data-at"));
  assert.ok(at.some(([layer, name]) => layer === "map_sheets_50k" && name === sheet.properties.name), JSON.stringify(at));
});
