// Features by name, code, mineral or holder, for the search.
import { fetchJson } from "./address";
import type { Catalog, Layer } from "./catalog";
import { element } from "./dom";
import { inEdition } from "./edition";
import { pick, text } from "./language";
import type { Choice, Finder } from "./search";

/** One answer of `/search`. */
export interface Result {
  layer: string;
  id: number;
  name: string | null;
  code: string | null;
  mineral: string | null;
  holder: string | null;
  bounds: [number, number, number, number] | null;
}

/** So many that what is found elsewhere is in sight. */
const LIMIT = 8;

/** `go` is told what the reader wants to see. */
export function findFeatures(edition: string, catalog: Catalog, go: (layer: Layer, result: Result) => void): Finder {
  return async (words) => {
    const question = inEdition("search", edition, `?q=${encodeURIComponent(words)}&limit=${LIMIT}`);
    const { matched, results } = await fetchJson<{ matched: number; results: Result[] }>(question);
    const more = matched > results.length && { note: text("moreOnMap").replace("{n}", String(results.length)).replace("{all}", String(matched)) };
    return { title: "foundFeatures", matched, choices: results.flatMap(choice), ...more };
  };

  function choice(result: Result): Choice[] {
    const layer = catalog.layers.find(({ id }) => id === result.layer);
    if (!layer) return [];
    const details = [result.name && result.code, result.holder !== result.name && result.holder, result.mineral].filter(Boolean).join(" · ");
    const content = [element("span", { class: "kind" }, pick(layer.title)), element("strong", {}, result.name ?? result.code ?? text("unnamed"))];
    if (details !== "") content.push(element("small", {}, details));
    return [{ content, choose: () => go(layer, result) }];
  }
}
