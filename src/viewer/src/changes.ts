// The list of what differs between two editions: layer by layer, each change with its old and new values.
import { fetchJson } from "./address";
import type { Layer } from "./catalog";
import { COLORS, type Kind } from "./change_layers";
import { byId, element } from "./dom";
import { inLanguage, pick, text } from "./language";

/** A layer of the difference, with counts. */
export interface ChangedLayer extends Pick<Layer, "id" | "title" | "geometry" | "fields" | "bounds"> {
  added: number;
  removed: number;
  changed: number;
}

/** One change, without its geometry. */
export interface Change {
  layer: string;
  change: Kind;
  /** Its feature in the difference tileset; of a changed one the old feature, and the new one is the next. */
  id: number;
  feature_id: number;
  bounds: [number, number, number, number] | null;
  properties: Record<string, unknown>;
  attributes?: Record<string, { from: unknown; to: unknown }>;
  geometry_changed?: boolean;
}

interface Page {
  layers: ChangedLayer[];
  changes: Change[];
  next?: string;
}

/** Changes that one answer has. */
const PAGE = 50;
const KINDS: Kind[] = ["added", "removed", "changed"];
const SIGNS: Record<Kind, string> = { added: "＋", removed: "－", changed: "～" };

/** The layers of the difference that have changes. */
export async function fetchChangedLayers(pair: string): Promise<ChangedLayer[]> {
  const { layers } = await fetchJson<Page>(`revisions/${pair}?limit=1&geometry=false`);
  return layers.filter((layer) => countOf(layer) > 0);
}

const countOf = (layer: ChangedLayer) => layer.added + layer.removed + layer.changed;

/** Shows the changes of `layers`; `go` is told which one the reader wants to see. */
export function showChanges(pair: string, layers: ChangedLayer[], go: (layer: ChangedLayer, change: Change) => void): void {
  render = () => {
    byId("change-legend").hidden = false;
    byId("change-legend").replaceChildren(...KINDS.map((kind) => element("li", {}, sign(kind), text(kind))));
    byId("changes").replaceChildren(
      ...(layers.length === 0 ? [element("p", {}, text("noChanges"))] : layers.map(section)),
    );
  };
  render();

  function section(layer: ChangedLayer): HTMLElement {
    const counts = KINDS.filter((kind) => layer[kind] > 0).map((kind) => element("span", { class: "count" }, SIGNS[kind], String(layer[kind])));
    const list = element("ol");
    const more = element("button", { type: "button", hidden: true }, text("more"));
    const details = element("details", { "data-changes": layer.id }, element("summary", {}, element("strong", {}, pick(layer.title)), ...counts), list, more);
    let next: string | undefined = `revisions/${pair}?layer=${layer.id}&limit=${PAGE}&geometry=false`;
    const load = async () => {
      if (!next) return;
      const page: Page = await fetchJson<Page>(next);
      list.append(...page.changes.map((change) => item(layer, change)));
      // Links are the public address; the page asks where it was itself loaded from.
      next = page.next?.replace(/^.*(?=revisions\/)/, "");
      more.hidden = next === undefined;
    };
    details.addEventListener("toggle", () => details.open && list.childElementCount === 0 && void load());
    more.addEventListener("click", () => void load());
    return details;
  }

  function item(layer: ChangedLayer, change: Change): HTMLElement {
    const name = change.properties["name"] || change.properties["code"] || `${text("unnamed")} ${change.feature_id}`;
    const button = element("button", { type: "button" }, sign(change.change), String(name));
    button.addEventListener("click", () => {
      for (const marked of byId("changes").querySelectorAll("[aria-current]")) marked.removeAttribute("aria-current");
      button.setAttribute("aria-current", "true");
      go(layer, change);
    });
    return element("li", {}, button, change.change === "changed" && values(layer, change));
  }
}

/** Shows the list again, in the page's language. */
let render: () => void = () => undefined;
inLanguage(() => render());

export function hideChanges(): void {
  render = () => undefined;
  byId("changes").replaceChildren();
  byId("change-legend").hidden = true;
}

function sign(kind: Kind): HTMLElement {
  const box = element("span", { class: "sign", role: "img", "aria-label": text(kind) }, SIGNS[kind]);
  box.style.background = COLORS[kind];
  return box;
}

/** Old and new value of each attribute that differs. */
function values(layer: ChangedLayer, change: Change): HTMLElement {
  const title = (name: string) => {
    const field = layer.fields.find((field) => field.name === name);
    return field ? pick(field.title) : name;
  };
  const value = (of: unknown) => (of === null || of === undefined ? "—" : String(of));
  const rows = Object.entries(change.attributes ?? {}).flatMap(([name, { from, to }]) => [
    element("dt", {}, title(name)),
    element("dd", {}, element("del", {}, value(from)), " → ", element("ins", {}, value(to))),
  ]);
  if (change.geometry_changed) rows.push(element("dt", {}, text("geometry")), element("dd", {}, text("geometryChanged")));
  return element("dl", {}, ...rows);
}
