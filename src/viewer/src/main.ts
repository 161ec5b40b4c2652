// Starts the page: reads the catalog and the style, then hands each part of the page what it needs.
import { fetchJson } from "./address";
import { useArchive } from "./archive_source";
import type { Catalog } from "./catalog";
import { compare, type Comparison } from "./compare";
import { showConnect } from "./connect";
import { showCoordinates } from "./coordinates";
import { byId } from "./dom";
import { showDownload } from "./download_panel";
import { CURRENT, editionInAddress, inEdition, showEdition } from "./edition";
import { featureInAddress, showFeaturePanel } from "./feature_panel";
import { whenFiltered } from "./filter";
import { showFilter } from "./filter_panel";
import { findFeatures } from "./find_features";
import { followServer } from "./follow";
import { showGoTo } from "./go_to";
import { showBox } from "./in_view";
import { inLanguage, language, pick, switchLanguage, text } from "./language";
import { showLayerList } from "./layer_list";
import { createMap, prepareMaps, reloadSources } from "./map";
import { showMeasure } from "./measure";
import { showMessage } from "./message";
import { showRevisions } from "./revisions";
import { showSchematicNotice } from "./notice";
import { showPanels } from "./panels";
import { showPermalink } from "./permalink";
import { findInText } from "./plan_text";
import { showReview } from "./review_panel";
import { showSearch } from "./search";
import { showStatistics } from "./statistics_panel";
import { PlanStyle } from "./style";
import { Sprites } from "./swatch";
import { showTheme } from "./theme";
import { Visibility } from "./visibility";
import { showZoomButtons } from "./zoom_buttons";

function showHeader(): void {
  byId("language").addEventListener("click", switchLanguage);
  inLanguage(() => {
    document.documentElement.lang = language();
    byId("language").textContent = text("switchLanguage");
  });
  showTheme();
  showPermalink();
  showPanels();
}

function showTitle(style: PlanStyle, edition: string): void {
  inLanguage(() => {
    const title = pick(style.title) + (edition === CURRENT ? "" : ` · ${edition}`);
    document.title = title;
    document.querySelector("h1")!.textContent = title;
  });
}

/** The closest look at what a search found, and the width of the panel that tells of it, px. */
const CLOSEST = 14;
const FEATURE_PANEL = 330;

/** When all of the page's files have been run, the map library too, which comes after this one. */
const parsed = new Promise<void>((done) => addEventListener("DOMContentLoaded", () => done(), { once: true }));

async function start(): Promise<void> {
  void parsed.then(prepareMaps);
  showHeader();
  const edition = editionInAddress();
  const layersPath = inEdition("layers", edition);
  const reading = { catalog: fetchJson<Catalog>(layersPath), style: PlanStyle.load(edition), sprites: Sprites.load() };
  // Without swatches the page is still of use; without a catalog or a style it is not.
  const sprites = reading.sprites.catch(() => undefined);
  const failed = (key: "styleFailed" | "catalogFailed") => (error: Error) => {
    if (edition === CURRENT) return showMessage({ key, detail: error.message });
    return showMessage({ key: "noSuchEdition", detail: error.message, retry: () => showEdition() });
  };
  const style = await reading.style.catch(failed("styleFailed"));
  if (style) showTitle(style, edition);
  const catalog = await reading.catalog.catch(failed("catalogFailed"));
  if (!catalog || !style) return;
  await parsed;
  const archived = await useArchive(style.specification);

  // The map first: what it asks for is under way while the rest of the page is made.
  const view = createMap(byId("map"), catalog, style);
  const mapDrawn = new Promise<void>((done) => (view ? view.map.once("load", () => done()) : done()));
  const visibility = new Visibility(style, catalog.layers.map((layer) => layer.id));
  const list = showLayerList(catalog, style, mapDrawn.then(() => sprites), visibility);
  if (!archived) showConnect(edition, style);

  let comparison: Comparison | undefined;
  let revisions: { update: () => Promise<void> } | undefined;
  // What is on the page stays as it is where the new state cannot be read.
  const ignore = () => undefined;
  if (!archived) followServer(catalog, {
    layers: (ids) => {
      for (const drawn of [view?.map, comparison?.before.map]) if (drawn) reloadSources(drawn, ids);
      fetchJson<Catalog>(layersPath).then(list.update, ignore);
      comparison?.refresh().catch(ignore);
    },
    editions: () => void revisions?.update().catch(ignore),
  });
  showSchematicNotice(catalog, view?.map);
  if (!archived) showDownload(edition, catalog, style.published, view?.map);
  if (!view) return;
  const { map, home } = view;
  visibility.attach(map);
  showZoomButtons(map, home);
  const coordinates = showCoordinates();
  coordinates.attach(map);
  const panel = showFeaturePanel();
  const wanted = featureInAddress(catalog);
  panel.attach(catalog, map, edition);
  if (wanted) panel.select(map, wanted.layer, wanted.id);
  const features = findFeatures(edition, catalog, (layer, { id, bounds }) => {
    if (!visibility.isShown(layer.id)) visibility.set(layer.id, true);
    if (bounds) showBox(map, bounds, CLOSEST, FEATURE_PANEL);
    panel.select(map, layer, id);
  });
  if (!archived) showSearch(catalog.plan_text ? [features, findInText] : [features]);
  showGoTo(map);
  map.once("load", () => showMeasure(map));
  if (!archived) {
    showFilter();
    showStatistics(edition, map);
    map.once("load", () => showReview(map));
  }
  const ids = catalog.layers.map(({ id }) => id);
  whenFiltered(() => {
    for (const drawn of [map, comparison?.before.map]) if (drawn) reloadSources(drawn, ids);
  });

  revisions = showRevisions(async (other) => {
    if (comparison) visibility.detach(comparison.before.map);
    comparison?.end();
    comparison = undefined;
    if (other === undefined) return;
    comparison = (await compare(other, edition, map).catch((error: Error) => showMessage({ key: "comparisonFailed", detail: error.message }))) || undefined;
    if (!comparison) return;
    visibility.attach(comparison.before.map);
    panel.attach(comparison.catalog, comparison.before.map, other);
    coordinates.attach(comparison.before.map);
  });
  map.once("idle", () => void sprites.then(() => (document.documentElement.dataset["ready"] = "true")));
  // For tests, and for the curious.
  Object.assign(window, { plantiles: { map, comparison: () => comparison } });
}

void start();
