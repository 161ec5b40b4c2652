// Two editions side by side: a second map over the first, a handle between them, and what differs.
import { fetchJson, here } from "./address";
import type { Catalog } from "./catalog";
import { drawChanges, eraseChanges, markChange, type Side } from "./change_layers";
import { fetchChangedLayers, hideChanges, showChanges, type Change, type ChangedLayer } from "./changes";
import { byId, element } from "./dom";
import { CURRENT, inEdition } from "./edition";
import { text } from "./language";
import { createMap, type PlanMap } from "./map";
import type { Map as MapView } from "./maplibre";
import { uncoverMap } from "./panels";
import { PlanStyle } from "./style";
import { addSwipe } from "./swipe";

/** Room around a change that the reader wants to see, px, and the closest look at it. */
const PADDING = 80;
const CLOSEST = 15;

export interface Comparison {
  /** The map of the old edition, with its layers. */
  before: PlanMap;
  catalog: Catalog;
  /** Reads the difference again. */
  refresh: () => Promise<void>;
  end: () => void;
}

/** Compares the edition `old` with the one that the page shows on `map`. */
export async function compare(old: string, shown: string, map: MapView): Promise<Comparison> {
  const pair = `${old}...${shown}`;
  const [catalog, style, layers] = await Promise.all([fetchJson<Catalog>(inEdition("layers", old)), PlanStyle.load(old), fetchChangedLayers(pair)]);
  const container = element("div", { id: "map-before" });
  byId("map").after(container);
  const before = createMap(container, catalog, style, { center: map.getCenter(), zoom: map.getZoom() });
  if (!before) throw new Error("WebGL");
  const maps: [MapView, Side][] = [[before.map, "old"], [map, "new"]];
  const apart = keepTogether(before.map, map);
  const named = (edition: string) => () => (edition === CURRENT ? text("currentEdition") : edition);
  const swipe = addSwipe(container, [named(old), named(shown)]);

  const draw = (changed: ChangedLayer[]) => {
    for (const [of, side] of maps) {
      whenStyled(of, () => {
        eraseChanges(of);
        drawChanges(of, `${here}tiles/plan@${pair}.json`, changed, side);
      });
    }
    showChanges(pair, changed, go);
  };
  const go = (layer: ChangedLayer, change: Change) => {
    uncoverMap();
    if (change.bounds) map.fitBounds(change.bounds, { padding: PADDING, maxZoom: Math.max(CLOSEST, map.getZoom()) });
    markChange(before.map, layer, change.id);
    markChange(map, layer, change.change === "changed" ? change.id + 1 : change.id);
  };
  draw(layers);
  return {
    before,
    catalog,
    refresh: async () => draw(await fetchChangedLayers(pair)),
    end: () => {
      apart();
      swipe.remove();
      hideChanges();
      eraseChanges(map);
      before.map.remove();
      container.remove();
    },
  };
}

/** Keeps two maps on the same view, whichever is moved; returns what ends it. */
function keepTogether(a: MapView, b: MapView): () => void {
  let following = false;
  const follow = (leader: MapView, follower: MapView) => () => {
    if (following) return;
    following = true;
    follower.jumpTo({ center: leader.getCenter(), zoom: leader.getZoom() });
    following = false;
  };
  const [ab, ba] = [follow(a, b), follow(b, a)];
  a.on("move", ab);
  b.on("move", ba);
  return () => {
    a.off("move", ab);
    b.off("move", ba);
  };
}

function whenStyled(map: MapView, act: () => void): void {
  if (map.isStyleLoaded()) act();
  else map.once("load", act);
}
