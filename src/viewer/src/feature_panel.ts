// What is under a click: every feature of every layer, with its fields in the plan's own words.
import { fromHash, intoHash } from "./address";
import type { Catalog, Layer } from "./catalog";
import { clicksAreTaken } from "./clicks";
import { byId, element, icon } from "./dom";
import { featureLinks, fieldGroups, nameOf, type Found } from "./feature_fields";
import { inLanguage, pick, text } from "./language";
import type { Map as MapView, MapGeoJSONFeature } from "./maplibre";
import { showMessage } from "./message";
import { uncoverMap, whenPanelOpens } from "./panels";
import { showWords } from "./plan_words";
import { partMetadata } from "./style";

/** Half the side of the square that a click looks in, px: a fingertip or an unsteady mouse still meets a thin line. */
const REACH = 4;
const HIGHLIGHT = "highlight";
const KEY = "feature";

export interface FeaturePanel {
  /** Shows the features of `map`, which has an edition, when they are clicked. */
  attach: (catalog: Catalog, map: MapView, edition: string) => void;
  /** Shows one feature of a map that is attached, as soon as the map has drawn it. */
  select: (map: MapView, layer: Layer, id: number) => void;
}

export function showFeaturePanel(): FeaturePanel {
  const panel = byId("feature-panel");
  let map: MapView | undefined;
  let edition = "";
  let documented = false;
  let found: Found[] = [];
  let chosen = 0;
  const shown = new Map<MapView, { edition: string; documented: boolean }>();

  const attach = (catalog: Catalog, view: MapView, of: string) => {
    shown.set(view, { edition: of, documented: Boolean(catalog.plan_text) });
    const layers = new Map(catalog.layers.map((layer) => [layer.id, layer]));
    const look = (point: { x: number; y: number }) => show(view, distinct(view.queryRenderedFeatures(around(point)), layers));
    view.on("click", (event) => clicksAreTaken() || look(event.point));
    view.getCanvas().addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || clicksAreTaken()) return;
      look(view.project(view.getCenter()));
      panel.focus();
    });
    view.once("remove", () => {
      shown.delete(view);
      if (map === view) close();
    });
    pointAtFeatures(view, layers);
  };
  const show = (view: MapView, features: Found[]) => {
    if (map) highlight(map, undefined);
    map = view;
    ({ edition, documented } = shown.get(view) ?? { edition: "", documented: false });
    found = features;
    chosen = 0;
    if (found.length > 0) uncoverMap();
    render();
    panel.scrollTop = 0;
  };
  const select = (view: MapView, layer: Layer, id: number) => {
    view.once("idle", () => {
      const [feature] = view.querySourceFeatures("plan", { sourceLayer: layer.id, filter: ["==", ["id"], id] });
      if (!feature) return showMessage({ key: "featureNotHere" });
      show(view, [{ layer, id, properties: feature.properties }]);
    });
    view.triggerRepaint();
  };
  const close = () => {
    found = [];
    render();
    map?.getCanvas().focus();
    map = undefined;
  };
  panel.addEventListener("keydown", (event) => event.key === "Escape" && close());
  // On a narrow page both would lie on the map.
  whenPanelOpens((name) => name && getComputedStyle(panel).bottom === "0px" && found.length > 0 && close());
  inLanguage(render);
  return { attach, select };

  function render(): void {
    panel.hidden = found.length === 0;
    mark();
    if (found.length === 0) return panel.replaceChildren();
    panel.setAttribute("aria-label", text("featuresHere"));
    const closeButton = element("button", { type: "button", class: "icon-button", "aria-label": text("close"), title: text("close") }, icon("close"));
    closeButton.addEventListener("click", close);
    panel.replaceChildren(
      element("div", { class: "panel-head" }, element("h2", {}, text("featuresHere"), element("span", { class: "count" }, String(found.length))), closeButton),
      ...found.map(article),
    );
  }

  function article(feature: Found, i: number): HTMLElement {
    const words = element("div", { class: "words" });
    const tell = () => documented && feature.id !== undefined && void showWords(words, feature);
    const details = element(
      "details",
      { "data-feature": `${feature.layer.id}/${feature.id ?? ""}`, open: i === chosen },
      element("summary", {}, element("span", { class: "kind" }, pick(feature.layer.title)), element("strong", {}, nameOf(feature))),
      fieldGroups(feature),
      words,
      featureLinks(feature, edition),
    );
    // Opening one feature closes the others and outlines it on the map.
    details.addEventListener("toggle", () => {
      if (!details.open || chosen === i) return;
      chosen = i;
      mark();
      tell();
      for (const other of panel.querySelectorAll<HTMLDetailsElement>("[data-feature]")) if (other !== details) other.open = false;
    });
    if (details.open) tell();
    return details;
  }

  /** Outlines the chosen feature, and puts it into the address. */
  function mark(): void {
    const feature = found[chosen];
    if (map) highlight(map, feature);
    // Before there is a map, the address says what is to be chosen.
    if (map) intoHash(KEY, feature?.id === undefined ? undefined : `${feature.layer.id}/${feature.id}`);
  }
}

/** The feature that the address names. */
export function featureInAddress(catalog: Catalog): { layer: Layer; id: number } | undefined {
  const [name, id] = fromHash(KEY)?.split("/") ?? [];
  const layer = catalog.layers.find((layer) => layer.id === name);
  return layer && id && /^-?\d+$/.test(id) ? { layer, id: Number(id) } : undefined;
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
    if (waiting || clicksAreTaken()) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      const over = map.queryRenderedFeatures(event.point).some((hit) => {
        const layer = layers.get(partMetadata(hit.layer)["plantiles:layer"] ?? "");
        return layer && layer.group !== "base";
      });
      map.getCanvas().classList.toggle("over-feature", over);
    });
  });
}
