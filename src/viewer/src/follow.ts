// Hears of new versions while the page is open. The server tells its whole state each time, so what was missed is made
// good by the next event; where no events come through, the page asks.
import { fetchJson, here } from "./address";
import type { Catalog } from "./catalog";

/** How often the page asks while it hears nothing, ms. */
const POLL = 10_000;

interface State {
  version: string;
  /** The snapshot of each layer. */
  layers: Record<string, string>;
  /** The named editions; the catalog does not tell. */
  revisions?: string[];
}

export interface News {
  /** Layers that are no longer as they were. */
  layers: (ids: string[]) => void;
  /** An edition was named or removed. */
  editions: () => void;
}

/** Tells what is no longer as in `catalog`, and again whenever something changes. */
export function followServer(catalog: Catalog, news: News): void {
  let known = stateOf(catalog);
  let stream: EventSource | undefined;
  let heard = false;

  const take = (state: State) => {
    const before = known;
    known = state;
    const ids = new Set([...Object.keys(before.layers), ...Object.keys(state.layers)]);
    const different = [...ids].filter((id) => before.layers[id] !== state.layers[id]);
    if (different.length > 0) news.layers(different);
    const named = before.revisions ?? state.revisions;
    if (named?.join() !== state.revisions?.join()) news.editions();
  };
  const close = () => {
    stream?.close();
    stream = undefined;
    heard = false;
  };
  const listen = () => {
    close();
    stream = new EventSource(`${here}events`);
    stream.addEventListener("state", (event: MessageEvent<string>) => {
      heard = true;
      take(JSON.parse(event.data) as State);
    });
    // The browser tries again by itself, unless the server refused.
    stream.addEventListener("error", () => (heard = false));
  };
  const ask = async () => {
    if (heard || document.hidden) return;
    if (stream?.readyState === EventSource.CLOSED) listen();
    // A server that does not answer will be asked again.
    await fetchJson<Catalog>("layers.json").then((catalog) => take(stateOf(catalog)), () => undefined);
  };

  // A browser opens few connections to one server, so pages that nobody looks at give theirs back.
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : listen()));
  if (!document.hidden) listen();
  setInterval(() => void ask(), POLL);
}

function stateOf(catalog: Catalog): State {
  return { version: catalog.version, layers: Object.fromEntries(catalog.layers.map((layer) => [layer.id, layer.snapshot])) };
}
