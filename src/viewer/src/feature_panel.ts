// What is under a click: every feature, with its fields in the plan's own words.
import type { Catalog, Field, Layer } from "./catalog";
import { byId, element, icon } from "./dom";
import { inLanguage, pick, text } from "./language";
import type { Map as MapView, MapGeoJSONFeature } from "./maplibre";
import { partMetadata } from "./style";

/** Half the side of the square that a click looks in, px: a fingertip or an unsteady mouse still meets a thin line. */
const REACH = 4;
const HIGHLIGHT = "highlight";
/** Shown in places of their own, not among the fields. */
const SHOWN_APART = new Set(["name", "geometry_status", "source_section"]);
/** The same for every feature of a plan, so shown last. */
const SHOWN_LAST = ["plan_code", "admin_code"];

interface Found {
  layer: Layer;
  id: string | number | undefined;
  properties: Record<string, unknown>;
}

/** The panel, and what tells it of a map whose features it is to show. */
export function showFeaturePanel(): { attach: (catalog: Catalog, map: MapView) => void } {
  const panel = byId("feature-panel");
  let map: MapView | undefined;
  let found: Found[] = [];
  let chosen = 0;

  const attach = (catalog: Catalog, view: MapView) => {
    const layers = new Map(catalog.layers.map((layer) => [layer.id, layer]));
    const open = (point: { x: number; y: number }) => {
      if (map) highlight(map, undefined);
      map = view;
      found = distinct(view.queryRenderedFeatures(around(point)), layers);
      chosen = 0;
      render();
      if (found.length > 0) panel.scrollTop = 0;
    };
    view.on("click", (event) => open(event.point));
    view.getCanvas().addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      open(view.project(view.getCenter()));
      panel.focus();
    });
    view.once("remove", () => {
      if (map === view) close();
    });
    pointAtFeatures(view, layers);
  };
  const close = () => {
    found = [];
    render();
    map?.getCanvas().focus();
    map = undefined;
  };
  panel.addEventListener("keydown", (event) => event.key === "Escape" && close());
  inLanguage(render);
  return { attach };

  function render(): void {
    panel.hidden = found.length === 0;
    if (map) highlight(map, found[chosen]);
    if (found.length === 0) return panel.replaceChildren();
    panel.setAttribute("aria-label", text("featuresHere"));
    const closeButton = element("button", { type: "button", class: "icon-button", "aria-label": text("close"), title: text("close") }, icon("close"));
    closeButton.addEventListener("click", close);
    panel.replaceChildren(
      element("div", { class: "panel-head" }, element("h2", {}, text("featuresHere"), element("span", { class: "count" }, String(found.length))), closeButton),
      ...found.map((feature, i) => article(feature, i)),
    );
  }

  function article(feature: Found, i: number): HTMLElement {
    const details = element(
      "details",
      { "data-feature": `${feature.layer.id}/${feature.id ?? ""}`, open: i === chosen },
      element("summary", {}, element("span", { class: "kind" }, pick(feature.layer.title)), element("strong", {}, nameOf(feature))),
      fieldList(feature),
    );
    // Opening one feature closes the others and outlines it on the map.
    details.addEventListener("toggle", () => {
      if (!details.open || chosen === i) return;
      chosen = i;
      if (map) highlight(map, feature);
      for (const other of panel.querySelectorAll("details")) if (other !== details) other.open = false;
    });
    return details;
  }
}

function nameOf({ properties }: Found): string {
  return String(properties["name"] || properties["code"] || text("unnamed"));
}

function fieldList({ layer, properties }: Found): HTMLElement {
  const known = new Map(layer.fields.map((field) => [field.name, field]));
  const names = new Set([...known.keys(), ...Object.keys(properties)].filter((name) => !SHOWN_LAST.includes(name)));
  const rows = [...names, ...SHOWN_LAST]
    .filter((name) => !SHOWN_APART.has(name) && properties[name] !== undefined && properties[name] !== "")
    .flatMap((name) => [element("dt", {}, titleOf(known.get(name), name)), element("dd", {}, String(properties[name]))]);
  const section = properties["source_section"];
  return element(
    "div",
    { class: "fields" },
    element("dl", {}, ...rows),
    section ? element("p", { class: "source" }, `${text("sourceSection")}: ${section}`) : undefined,
    properties["geometry_status"] === "schematic" && element("p", { class: "schematic" }, icon("note"), text("schematicFeature")),
  );
}

function titleOf(field: Field | undefined, name: string): string {
  return field ? pick(field.title) : name;
}

function around({ x, y }: { x: number; y: number }): [[number, number], [number, number]] {
  return [[x - REACH, y - REACH], [x + REACH, y + REACH]];
}

/** A feature is drawn by several style layers and cut by tiles, but is one feature. */
function distinct(hits: MapGeoJSONFeature[], layers: Map<string, Layer>): Found[] {
  const found = new Map<string, Found>();
  for (const hit of hits) {
    const layer = layers.get(partMetadata(hit.layer)["plantiles:layer"] ?? "");
    // A name's point lies on its polygon, which is hit as well and carries all attributes.
    if (layer && hit.sourceLayer === layer.id) found.set(`${layer.id}/${hit.id}`, { layer, id: hit.id, properties: hit.properties });
  }
  const layerOf = (feature: Found) => GROUP_ORDER.indexOf(feature.layer.group);
  return [...found.values()].sort((a, b) => layerOf(a) - layerOf(b));
}

/** The plan comes before what it is drawn on; within a group, what lies on top comes first. */
const GROUP_ORDER: Layer["group"][] = ["planning", "status", "base"];

function highlight(map: MapView, feature: Found | undefined): void {
  if (map.getLayer(HIGHLIGHT)) map.removeLayer(HIGHLIGHT);
  if (feature?.id === undefined) return;
  map.addLayer({
    id: HIGHLIGHT,
    type: "line",
    source: "plan",
    "source-layer": feature.layer.id,
    filter: ["==", ["id"], feature.id],
    layout: { "line-join": "round", "line-cap": "round" },
    paint: { "line-color": "#ffd400", "line-width": 5, "line-opacity": 0.85, "line-blur": 0.6 },
  });
}

/** The pointer turns into a hand over what the plan says something about; the base map covers everything. */
function pointAtFeatures(map: MapView, layers: Map<string, Layer>): void {
  let waiting = false;
  map.on("mousemove", (event) => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      const over = map.queryRenderedFeatures(event.point).some((hit) => {
        const layer = layers.get(partMetadata(hit.layer)["plantiles:layer"] ?? "");
        return layer && layer.group !== "base";
      });
      map.getCanvas().style.cursor = over ? "pointer" : "";
    });
  });
}
