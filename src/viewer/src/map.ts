// The map itself.
import { here } from "./address";
import { planBounds, type Catalog } from "./catalog";
import { filtered } from "./filter";
import { inLanguage, text } from "./language";
import { maplibre, type LayerSpecification, type LngLatLike, type Map as MapView, type MapOptions, type StyleSpecification } from "./maplibre";
import { showMessage } from "./message";
import type { PlanStyle } from "./style";

const PADDING = 24;

export interface PlanMap {
  map: MapView;
  /** Shows the whole plan. */
  home: () => void;
}

/** Has the library's worker started while the page still asks for what the map shows. */
export function prepareMaps(): void {
  const library = maplibre();
  library?.setWorkerUrl(`${here}assets/maplibre-gl-worker.js`);
  library?.prewarm();
}

/** The map of an edition, or undefined (and a message) where it cannot be drawn. With a `view` it is a map beside the page's own. */
export function createMap(container: HTMLElement, catalog: Catalog, style: PlanStyle, view?: { center: LngLatLike; zoom: number }): PlanMap | undefined {
  const library = maplibre();
  const bounds = planBounds(catalog);
  const map = library && newMap(library, {
    container,
    style: atFirst(withHitAreas(catalog, style)),
    ...(view ?? (bounds && { bounds, fitBoundsOptions: { padding: PADDING } })),
    hash: view ? false : "map",
    maxZoom: 20,
    minZoom: 5,
    // A plan is read with north up, as it is printed.
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    renderWorldCopies: false,
    // Chinese characters come from the server like all others, so the map looks alike on every machine.
    localIdeographFontFamily: false,
    attributionControl: view ? false : { compact: false },
    transformRequest: (url) => ({ url: filtered(asReached(url, style.published)) }),
  });
  if (!map) {
    container.replaceChildren();
    showMessage({ key: "noWebGl" });
    return undefined;
  }
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  if (!view) map.addControl(new library.ScaleControl({ maxWidth: 120, unit: "metric" }), "bottom-left");

  map.on("error", (event) => {
    console.error(event.error.message);
    // Readers are told of data that did not arrive; a glyph or a symbol that is missing does no harm to the map.
    if ("sourceId" in event) showMessage({ key: "tilesFailed", detail: event.error.message, retry: () => ("tile" in event ? map.refreshTiles("plan") : location.reload()) });
  });
  inLanguage(() => map.getCanvas().setAttribute("aria-label", text("map")));
  return { map, home: () => bounds && map.fitBounds(bounds, { padding: PADDING }) };
}

/** Undefined without WebGL, of which the library tells when it begins to draw. */
function newMap(library: NonNullable<ReturnType<typeof maplibre>>, options: MapOptions): MapView | undefined {
  try {
    return new library.Map(options);
  } catch (error) {
    console.error(error);
    return undefined;
  }
}

/** Loads the sources with a changed layer again. What is drawn stays until the new tiles are there. */
export function reloadSources(map: MapView, layers: string[]): void {
  for (const id of Object.keys(map.getStyle().sources)) {
    const source = map.getSource(id);
    if (source instanceof maplibre()!.VectorTileSource && holdsAny(source.url, layers)) source.setUrl(source.url);
  }
}

/** Whether the tileset that a TileJSON describes, `…/tiles/plan.json` or `…/tiles/id,id@edition.json`, has one of the layers. */
function holdsAny(tilejson: string, layers: string[]): boolean {
  const names = tilejson.replace(/^.*\/tiles\/|(@[^/]*)?\.json$/g, "").split(",");
  return names.includes("plan") || layers.some((id) => names.includes(id));
}

/** The style names the public address; the page asks where it was itself loaded from, which the content policy allows. */
function asReached(url: string, published: string): string {
  return url.startsWith(published) ? here + url.slice(published.length) : url;
}

/** Without symbols, which wait for dozens of files of glyphs: areas and lines are seen first, and `Visibility` shows the rest once they are. */
function atFirst(style: StyleSpecification): StyleSpecification {
  const hidden = (layer: LayerSpecification): LayerSpecification =>
    layer.type === "symbol" ? { ...layer, layout: { ...layer.layout, visibility: "none" } } : layer;
  return { ...style, layers: style.layers.map(hidden) };
}

/** The style, in which areas that are drawn as outlines only answer a click in their middle too. */
function withHitAreas(catalog: Catalog, style: PlanStyle): StyleSpecification {
  const layers = [...style.specification.layers];
  for (const layer of catalog.layers) {
    const parts = style.parts(layer.id);
    const [lowest] = parts;
    if (layer.geometry !== "polygon" || !lowest || parts.some((part) => part.type === "fill")) continue;
    layers.splice(layers.indexOf(lowest), 0, {
      id: `${layer.id}/hit`,
      type: "fill",
      source: "plan",
      "source-layer": layer.id,
      metadata: { "plantiles:layer": layer.id },
      layout: { visibility: lowest.layout?.visibility ?? "visible" },
      paint: { "fill-opacity": 0 },
    });
  }
  return { ...style.specification, layers };
}
