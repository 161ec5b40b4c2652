// The style as other programs read it: absolute addresses, and nothing named that is not there.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { validateStyleMin } from "@maplibre/maplibre-gl-style-spec";
import { bundledFeatures, bundledLayers, server } from "./setting.mjs";

const get = async (url) => {
  const response = await fetch(url);
  assert.equal(response.status, 200, url);
  return response;
};
const style = await (await get(`${server}/styles/plan.json`)).json();

test("every style passes the official validator", async () => {
  const { styles } = await (await get(`${server}/styles`)).json();
  // The plan, its four maps and each layer, in three themes.
  assert.equal(styles.length, 3 * (1 + 4 + bundledLayers.length));
  for (const { url } of styles) {
    const errors = validateStyleMin(await (await get(url)).json());
    assert.deepEqual(errors.map((error) => error.message), [], url);
  }
});

test("addresses are absolute and answer", async () => {
  for (const url of [style.sources.plan.url, style.sprite, style.glyphs]) assert.ok(url.startsWith(`${server}/`), url);
  const tilejson = await (await get(style.sources.plan.url)).json();
  for (const url of tilejson.tiles) assert.ok(url.startsWith(`${server}/`), url);
});

test("source layers, fields and symbols exist", async () => {
  const { vector_layers: served } = await (await get(style.sources.plan.url)).json();
  const fields = new Map(served.map((layer) => [layer.id, new Set(Object.keys(layer.fields))]));
  const fieldsOf = (value) => {
    if (typeof value === "string") return [...value.matchAll(/{(\w+)}/g)].map(([, name]) => name);
    if (!Array.isArray(value)) return [];
    return value[0] === "get" ? [value[1]] : value.flatMap(fieldsOf);
  };
  for (const suffix of ["", "@2x"]) {
    const symbols = await (await get(`${style.sprite}${suffix}.json`)).json();
    await get(`${style.sprite}${suffix}.png`);
    for (const part of style.layers) {
      const symbol = part.paint?.["fill-pattern"] ?? part.layout?.["icon-image"];
      if (symbol) assert.ok(symbols[symbol], `${part.id}: ${symbol}`);
    }
  }
  for (const part of style.layers.filter((part) => part.source)) {
    assert.ok(fields.has(part["source-layer"]), part.id);
    assert.equal(part.metadata["plantiles:layer"], part["source-layer"].replace(/_label$/, ""));
    for (const field of fieldsOf([part.filter, part.layout?.["text-field"]])) assert.ok(fields.get(part["source-layer"]).has(field), `${part.id}: ${field}`);
  }
  const styled = new Set(style.layers.map((part) => part["source-layer"]));
  for (const { id } of bundledLayers) assert.ok(styled.has(id), `${id} is drawn`);
});

test("every character of every attribute has a glyph", async () => {
  const covered = new Set(readFileSync(new URL("../../styles/fonts/characters.txt", import.meta.url), "utf8"));
  const written = new Set(bundledLayers.flatMap(({ id }) => bundledFeatures(id)).flatMap((f) => Object.values(f.properties)).flatMap((value) => [...String(value ?? "")]));
  assert.deepEqual([...written].filter((c) => c.trim() && !covered.has(c)), []);

  const stack = style.layers.find((part) => part.layout?.["text-font"]).layout["text-font"].join(",");
  const ranges = new Set([...written].map((c) => Math.floor(c.codePointAt(0) / 256) * 256));
  for (const first of ranges) {
    await get(style.glyphs.replace("{fontstack}", encodeURIComponent(stack)).replace("{range}", `${first}-${first + 255}`));
  }
});
