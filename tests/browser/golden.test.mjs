// A decoder in JavaScript, OpenLayers' own, reads every tile of the golden set as it is written down there.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import MVT from "ol/format/MVT.js";
import { server } from "./setting.mjs";

const folder = new URL("../golden/", import.meta.url);

/** Layer, id, number of attributes and coordinates of each feature, in order. */
function written(text) {
  const features = [];
  let layer;
  for (const line of text.trimEnd().split("\n")) {
    const words = line.trim().split(" ");
    if (line.startsWith("layer ")) layer = words[1];
    else if (line.startsWith("  feature ")) features.push({ layer, id: Number(words[1]), attributes: 0, coordinates: [] });
    else if (/^ {4}\w+ = /.test(line)) features.at(-1).attributes += 1;
    else features.at(-1).coordinates.push(...words.slice(1).flatMap((pair) => pair.split(",").map(Number)));
  }
  return features;
}

function decoded(tile) {
  return new MVT({ layerName: "_layer" }).readFeatures(tile).map((feature) => {
    const { _layer: layer, ...attributes } = feature.getProperties();
    const id = feature.getId();
    return { layer, id, attributes: Object.keys(attributes).length, coordinates: [...feature.getFlatCoordinates()] };
  });
}

// Vector tiles; those of Tianditu's grid, `_c_`, are named by level, row and column.
for (const name of readdirSync(folder).filter((name) => name.endsWith(".txt"))) {
  test(`golden ${name}`, async () => {
    const [, tileset, z, x, y] = name.match(/^(.+)_(\d+)_(\d+)_(\d+)\.txt$/);
    const [, layer] = tileset.match(/^(.+)_c$/) ?? [];
    const path = layer ? `ogc/collections/${layer}/tiles/c/${z}/${x}/${y}` : `tiles/${tileset.replaceAll("+", ",")}/${z}/${x}/${y}.mvt`;
    const answer = await fetch(`${server}/${path}`);
    assert.equal(answer.status, 200);
    const features = decoded(await answer.arrayBuffer());
    assert.ok(features.length > 0);
    assert.deepEqual(features, written(readFileSync(new URL(name, folder), "utf8")));
  });
}
