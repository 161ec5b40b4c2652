// The layers in the plan's own chapters: legend, switch and count of each.
import type { Catalog, Layer } from "./catalog";
import { chapters, sectionOf, type Chapter } from "./chapters";
import { byId, element, icon } from "./dom";
import { inLanguage, language, pick, text } from "./language";
import type { PlanStyle } from "./style";
import { drawSwatch, type Sprites } from "./swatch";
import type { Visibility } from "./visibility";

/** Swatches are drawn once their symbols are there: the map need not wait for them. */
export function showLayerList(catalog: Catalog, style: PlanStyle, loading: Promise<Sprites | undefined>, visibility: Visibility): { update: (catalog: Catalog) => void } {
  let sprites: Sprites | undefined;
  const closed = new Set<string>();
  const boxes = new Map<string, HTMLInputElement>();
  const wholes = new Map<Chapter, HTMLInputElement>();

  const render = () => {
    boxes.clear();
    wholes.clear();
    byId("layer-list").replaceChildren(...chapters(catalog.layers).map(section));
    check();
  };
  const check = () => {
    for (const [id, box] of boxes) box.checked = visibility.isShown(id);
    for (const [chapter, whole] of wholes) {
      const shown = chapter.layers.filter(({ id }) => visibility.isShown(id)).length;
      whole.checked = shown === chapter.layers.length;
      whole.indeterminate = shown > 0 && !whole.checked;
    }
  };
  visibility.onChange(check);
  inLanguage(render);
  void loading.then((loaded) => ((sprites = loaded), render()));
  // Only what differs is touched, so that a reader at the list keeps the place.
  const update = (fresh: Catalog) => {
    const ids = (of: Catalog) => of.layers.map((layer) => layer.id).join();
    const same = ids(catalog) === ids(fresh);
    catalog = fresh;
    if (!same) return render();
    for (const { id, count } of fresh.layers) document.querySelector(`[data-layer="${id}"] .count`)!.textContent = String(count);
  };
  return { update };

  function section(chapter: Chapter): HTMLElement {
    const title = pick(chapter.title);
    const whole = element("input", { type: "checkbox", "aria-label": `${title}: ${text("showGroup")}`, title: text("showGroup") });
    whole.addEventListener("change", () => {
      const shown = whole.checked; // which follows the layers
      for (const layer of chapter.layers) visibility.set(layer.id, shown);
    });
    wholes.set(chapter, whole);
    const list = element("ul", { id: `chapter-${chapter.id}`, hidden: closed.has(chapter.id) }, ...chapter.layers.map(row));
    const fold = element("button", { type: "button", class: "fold", "aria-expanded": String(!list.hidden), "aria-controls": list.id }, title, icon("fold"));
    fold.addEventListener("click", () => {
      list.hidden = closed.has(chapter.id) ? !closed.delete(chapter.id) : Boolean(closed.add(chapter.id));
      fold.setAttribute("aria-expanded", String(!list.hidden));
    });
    return element("section", { class: "chapter", "data-chapter": chapter.id }, element("div", { class: "chapter-head" }, whole, element("h3", {}, fold)), list);
  }

  function row(layer: Layer): HTMLElement {
    const classes = style.classes(layer.id);
    const swatch = (legendClass?: string) => sprites && drawSwatch(style.symbols(layer.id, legendClass), layer.geometry, sprites);
    const box = element("input", { type: "checkbox" });
    box.addEventListener("change", () => visibility.set(layer.id, box.checked));
    boxes.set(layer.id, box);
    return element(
      "li",
      { "data-layer": layer.id },
      element(
        "label",
        { class: "layer", title: pick(layer.description) },
        box,
        classes.length === 0 && swatch(),
        element("span", { class: "layer-title" }, pick(layer.title), language() === "zh" && layer.group !== "base" && element("small", {}, sectionOf(layer))),
        element("span", { class: "count" }, String(layer.count)),
      ),
      classes.length > 0 && element("ul", { class: "classes" }, ...classes.map((c) => element("li", {}, swatch(c.id), pick(c)))),
    );
  }
}
