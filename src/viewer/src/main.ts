// Starts the page: reads the catalog and the style, then hands each part of the page what it needs.
import { fetchJson } from "./address";
import type { Catalog } from "./catalog";
import { showConnect } from "./connect";
import { showCoordinates } from "./coordinates";
import { byId } from "./dom";
import { showFeaturePanel } from "./feature_panel";
import { followServer } from "./follow";
import { inLanguage, language, pick, switchLanguage, text } from "./language";
import { showLayerList } from "./layer_list";
import { createMap, reloadSources } from "./map";
import { showMessage } from "./message";
import { showSchematicNotice } from "./notice";
import { PlanStyle } from "./style";
import { Sprites } from "./swatch";
import { Visibility } from "./visibility";
import { showZoomButtons } from "./zoom_buttons";

function showHeader(): void {
  const menu = byId("menu");
  menu.addEventListener("click", () => {
    const open = document.body.classList.toggle("menu-open");
    menu.setAttribute("aria-expanded", String(open));
  });
  byId("language").addEventListener("click", switchLanguage);
  inLanguage(() => {
    document.documentElement.lang = language();
    menu.querySelector("span")!.textContent = text("layers");
    byId("layer-panel").setAttribute("aria-label", text("layers"));
    byId("language").textContent = text("switchLanguage");
  });
}

function showTitle(style: PlanStyle): void {
  inLanguage(() => {
    document.title = pick(style.title);
    document.querySelector("h1")!.textContent = pick(style.title);
  });
}

async function start(): Promise<void> {
  showHeader();
  const reading = { catalog: fetchJson<Catalog>("layers.json"), style: PlanStyle.load(), sprites: Sprites.load() };
  // Without swatches the page is still of use; without a catalog or a style it is not.
  const sprites = reading.sprites.catch(() => undefined);
  const style = await reading.style.catch((error: Error) => showMessage({ key: "styleFailed", detail: error.message }));
  if (style) showTitle(style);
  const catalog = await reading.catalog.catch((error: Error) => showMessage({ key: "catalogFailed", detail: error.message }));
  if (!catalog || !style) return;

  const visibility = new Visibility(style, catalog.layers.map((layer) => layer.id));
  const list = showLayerList(catalog, style, await sprites, visibility);
  showConnect(style);

  const view = createMap(catalog, style);
  followServer(catalog, (layers) => {
    if (view) reloadSources(view.map, layers);
    // The list goes on with the old counts where the new ones cannot be read.
    fetchJson<Catalog>("layers.json").then(list.update, () => undefined);
  });
  showSchematicNotice(catalog, view?.map);
  if (!view) return;
  const { map, home } = view;
  visibility.attach(map);
  showZoomButtons(map, home);
  showCoordinates(map);
  showFeaturePanel(catalog, map);
  map.once("idle", () => (document.documentElement.dataset["ready"] = "true"));
  // For tests, and for the curious.
  Object.assign(window, { plantiles: { map } });
}

void start();
