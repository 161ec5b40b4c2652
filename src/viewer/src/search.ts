// Finding features by name, code, mineral or holder.
import { fetchJson } from "./address";
import type { Catalog, Layer } from "./catalog";
import { byId, element, icon } from "./dom";
import { inEdition } from "./edition";
import { inLanguage, pick, text } from "./language";

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

interface Results {
  matched: number;
  results: Result[];
}

/** Rest between two keys after which it is asked, ms. */
const REST = 150;

/** `go` is told what the reader wants to see. */
export function showSearch(edition: string, catalog: Catalog, go: (layer: Layer, result: Result) => void): void {
  const input = element("input", { type: "search", role: "combobox", autocomplete: "off", spellcheck: "false", "aria-expanded": "false", "aria-controls": "results", "aria-autocomplete": "list" });
  const list = element("ul", { id: "results", role: "listbox", hidden: true });
  const status = element("p", { id: "search-status", hidden: true });
  let results: Result[] = [];
  let active = -1;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asked = "";

  byId("search").append(icon("search"), input, element("div", { class: "drop" }, status, list));
  inLanguage(() => {
    input.placeholder = text("searchHint");
    input.setAttribute("aria-label", text("searchHint"));
    list.setAttribute("aria-label", text("searchResults"));
    if (!list.hidden) void ask();
  });
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, REST);
  });
  input.addEventListener("focus", () => results.length > 0 && open(true));
  input.addEventListener("blur", () => (open(false), say("")));
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") activate(active + 1);
    else if (event.key === "ArrowUp") activate(active - 1);
    else if (event.key === "Enter" && results.length > 0) choose(Math.max(active, 0));
    else if (event.key === "Escape" && !list.hidden) open(false);
    else return;
    event.preventDefault();
  });

  async function ask(): Promise<void> {
    asked = input.value.trim();
    const words = asked;
    if (words === "") return take({ matched: 0, results: [] });
    const found = await fetchJson<Results>(inEdition("search", edition, `?q=${encodeURIComponent(words)}`)).catch(() => undefined);
    // A later question may have been answered before.
    if (words !== asked) return;
    if (found) return take(found);
    say(text("searchFailed"));
  }

  function take(found: Results): void {
    results = found.results;
    active = -1;
    input.removeAttribute("aria-activedescendant");
    list.replaceChildren(...results.map(option));
    const more = found.matched > results.length;
    say(asked === "" ? "" : results.length === 0 ? text("nothingFound") : more ? text("moreFound").replace("{n}", String(results.length)).replace("{all}", String(found.matched)) : "");
    byId("announcement").textContent = asked === "" ? "" : `${found.matched} ${text("searchResults")}`;
    open(results.length > 0);
  }

  function say(words: string): void {
    status.textContent = words;
    status.hidden = words === "";
  }

  function open(shown: boolean): void {
    list.hidden = !shown;
    input.setAttribute("aria-expanded", String(shown));
  }

  function option(result: Result, i: number): HTMLElement {
    const layer = catalog.layers.find(({ id }) => id === result.layer);
    const details = [result.name && result.code, result.holder !== result.name && result.holder, result.mineral].filter(Boolean).join(" · ");
    const item = element(
      "li",
      { id: `result-${i}`, role: "option", "aria-selected": "false" },
      element("span", { class: "kind" }, layer ? pick(layer.title) : result.layer),
      element("strong", {}, result.name ?? result.code ?? text("unnamed")),
      details !== "" && element("small", {}, details),
    );
    // Before the input loses the focus, which closes the list.
    item.addEventListener("pointerdown", (event) => event.preventDefault());
    item.addEventListener("click", () => choose(i));
    return item;
  }

  function activate(i: number): void {
    if (results.length === 0) return;
    open(true);
    active = (i + results.length) % results.length;
    [...list.children].forEach((item, at) => item.setAttribute("aria-selected", String(at === active)));
    list.children[active]!.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", `result-${active}`);
  }

  function choose(i: number): void {
    const result = results[i];
    const layer = catalog.layers.find(({ id }) => id === result?.layer);
    if (!result || !layer) return;
    input.blur(); // which closes the list
    go(layer, result);
  }
}
