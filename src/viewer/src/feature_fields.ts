// The fields of a feature in groups, with their titles in the plan's own words.
import { CURRENT, inEdition } from "./edition";
import type { Layer } from "./catalog";
import { element, icon } from "./dom";
import { number, pick, text } from "./language";

export interface Found {
  layer: Layer;
  id: string | number | undefined;
  properties: Record<string, unknown>;
}

/** Shown in places of their own, not among the fields. */
const APART = ["name", "geometry_status"];
/** Groups by the columns that all layers have; what a layer has of its own comes between. */
const MAIN = ["code", "mineral", "level", "holder", "area_km2"];
const VALIDITY = /^valid_/;
const REFERENCE = ["source_section", "plan_code", "admin_code"];

export function nameOf({ properties }: Found): string {
  return String(properties["name"] || properties["code"] || text("unnamed"));
}

export function fieldGroups(feature: Found): HTMLElement {
  const { layer, properties } = feature;
  const known = layer.fields.map(({ name }) => name);
  const names = [...known, ...Object.keys(properties).filter((name) => !known.includes(name))].filter((name) => !APART.includes(name));
  const own = (name: string) => !MAIN.includes(name) && !VALIDITY.test(name) && !REFERENCE.includes(name);
  return element(
    "div",
    { class: "fields" },
    group("fieldsMain", MAIN.filter((name) => names.includes(name))),
    group("fieldsValidity", names.filter((name) => VALIDITY.test(name))),
    group("fieldsOwn", names.filter(own)),
    group("fieldsReference", REFERENCE.filter((name) => names.includes(name))),
    properties["geometry_status"] === "schematic" && element("p", { class: "schematic" }, icon("note"), text("schematicFeature")),
  );

  function group(title: "fieldsMain" | "fieldsValidity" | "fieldsOwn" | "fieldsReference", columns: string[]): HTMLElement | false {
    const rows = columns.filter((name) => properties[name] !== undefined && properties[name] !== "").flatMap((name) => [element("dt", {}, titleOf(layer, name)), element("dd", {}, valueOf(layer, name, properties[name]))]);
    return rows.length > 0 && element("section", {}, element("h3", {}, text(title)), element("dl", {}, ...rows));
  }
}

/** Where the feature and its layer are found by other programs; of an edition only the layer is. */
export function featureLinks({ layer, id }: Found, edition: string): HTMLElement {
  const item = `ogc/collections/${layer.id}/items/${id}`;
  // Where no server is, the file has no other name than that of its content.
  const archived = document.documentElement.dataset["archived"] !== undefined;
  const file = archived ? `downloads/${layer.id}@${layer.snapshot}.fgb` : inEdition(`downloads/${layer.id}`, edition, ".fgb");
  const links: [string, string, string?][] = [[text("layerDownload"), file, `${layer.id}.fgb`]];
  if (edition === CURRENT && id !== undefined) links.unshift([text("itemPage"), `${item}?f=html`], ["GeoJSON", `${item}?f=json`]);
  return element("p", { class: "links" }, ...links.map(([title, href, download]) => element("a", { href, download }, title)));
}

function titleOf(layer: Layer, name: string): string {
  const field = layer.fields.find((field) => field.name === name);
  return field ? pick(field.title) : name;
}

function valueOf(layer: Layer, name: string, value: unknown): string {
  const real = layer.fields.find((field) => field.name === name)?.type === "real";
  return real && typeof value === "number" ? number(value, 6) : String(value);
}
