// The list of layers: legend, switch, count, download and address of each.
import type { Catalog, Layer } from "./catalog";
import { copiesOnClick } from "./clipboard";
import { byId, element, icon } from "./dom";
import { inEdition } from "./edition";
import { inLanguage, pick, text } from "./language";
import type { PlanStyle } from "./style";
import { drawSwatch, type Sprites } from "./swatch";
import type { Visibility } from "./visibility";

const GROUPS = ["planning", "status", "base"] as const;

export function showLayerList(edition: string, catalog: Catalog, style: PlanStyle, sprites: Sprites | undefined, visibility: Visibility): { update: (catalog: Catalog) => void } {
  const render = () => {
    byId("layer-list").replaceChildren(
      ...GROUPS.map((group) => {
        const layers = catalog.layers.filter((layer) => layer.group === group);
        return layers.length > 0 ? groupOf(group, layers) : "";
      }),
    );
  };
  inLanguage(render);
  // Only what differs is touched, so that a reader at the list keeps the place.
  const update = (fresh: Catalog) => {
    const ids = (of: Catalog) => of.layers.map((layer) => layer.id).join();
    const same = ids(catalog) === ids(fresh);
    catalog = fresh;
    if (!same) return render();
    for (const { id, count } of fresh.layers) document.querySelector(`[data-layer="${id}"] .count`)!.textContent = String(count);
  };
  return { update };

  function groupOf(group: (typeof GROUPS)[number], layers: Layer[]): HTMLElement {
    const whole = element("input", { type: "checkbox", "aria-label": `${text(group)}: ${text("showGroup")}`, title: text("showGroup") });
    const boxes = layers.map(() => element("input", { type: "checkbox" }));

    const show = () => {
      boxes.forEach((box, i) => (box.checked = visibility.isShown(layers[i]!.id)));
      const shown = boxes.filter((box) => box.checked).length;
      whole.checked = shown === boxes.length;
      whole.indeterminate = shown > 0 && shown < boxes.length;
    };
    boxes.forEach((box, i) => box.addEventListener("change", () => (visibility.set(layers[i]!.id, box.checked), show())));
    whole.addEventListener("change", () => {
      for (const layer of layers) visibility.set(layer.id, whole.checked);
      show();
    });
    show();

    return element(
      "section",
      { class: "group" },
      element("h2", {}, element("label", {}, whole, text(group))),
      element("ul", {}, ...layers.map((layer, i) => row(layer, boxes[i]!))),
    );
  }

  function row(layer: Layer, box: HTMLInputElement): HTMLElement {
    const title = pick(layer.title);
    const file = inEdition(`downloads/${layer.id}`, edition, ".fgb");
    const classes = style.classes(layer.id);
    const swatch = (legendClass?: string) => sprites && drawSwatch(style.symbols(layer.id, legendClass), layer.geometry, sprites);

    const copyButton = element("button", { type: "button", class: "icon-button", "aria-label": `${title}: ${text("copyLayer")}`, title: text("copyLayer") }, icon("copy"));
    copiesOnClick(copyButton, () => style.published + file);

    return element(
      "li",
      { "data-layer": layer.id },
      element(
        "div",
        { class: "layer" },
        element("label", { title: pick(layer.description) }, box, classes.length === 0 && swatch(), element("span", { class: "layer-title" }, title), element("span", { class: "count" }, String(layer.count))),
        element(
          "a",
          { class: "icon-button", href: file, download: `${layer.id}.fgb`, "aria-label": `${title}: ${text("download")}`, title: `${text("download")}, ${readableSize(layer.size)}` },
          icon("download"),
        ),
        copyButton,
      ),
      classes.length > 0 && element("ul", { class: "classes" }, ...classes.map((c) => element("li", {}, swatch(c.id), pick(c)))),
    );
  }
}

function readableSize(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.max(1, Math.round(bytes / 1000))} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
