// Files to take away: which layer, in which format, of which part.
import { here } from "./address";
import type { Catalog } from "./catalog";
import { copiesOnClick } from "./clipboard";
import { byId, element, icon } from "./dom";
import { inEdition } from "./edition";
import { expression, whenFiltered } from "./filter";
import { inLanguage, pick, text } from "./language";
import type { Map as MapView } from "./maplibre";

/** Places after the point of degrees in a box: about a metre. */
const DIGITS = 5;

export function showDownload(edition: string, catalog: Catalog, published: string, map: MapView | undefined): void {
  const form = byId("download") as HTMLFormElement;
  const link = element("a", { class: "primary" });
  const address = element("code");
  const copy = element("button", { type: "button" });
  let layer = catalog.layers[0];
  let format = layer?.downloads[0]?.format ?? "";
  const parts = { view: false, filter: true, bom: false };

  copiesOnClick(copy, () => published + path());
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", () => {
    const data = new FormData(form);
    layer = catalog.layers.find(({ id }) => id === data.get("layer")) ?? layer;
    format = String(data.get("format"));
    if (form.elements.namedItem("view")) parts.view = data.has("view");
    if (form.elements.namedItem("filter")) parts.filter = data.has("filter");
    if (form.elements.namedItem("bom")) parts.bom = data.has("bom");
    renderOptions();
  });
  map?.on("moveend", show);
  whenFiltered(renderOptions);
  const options = element("fieldset");
  inLanguage(() => {
    copy.replaceChildren(text("copyAddress"));
    link.replaceChildren(icon("download"), text("downloadFile"));
    form.replaceChildren(
      element("label", {}, text("layer"), element("select", { name: "layer" }, ...catalog.layers.map(({ id, title }) => element("option", { value: id, selected: id === layer?.id }, pick(title))))),
      element("label", {}, text("format"), element("select", { name: "format" }, ...(layer?.downloads ?? []).map((file) => element("option", { value: file.format, selected: file.format === format }, `${file.title} (.${file.format})`)))),
      options,
      element("div", { class: "line" }, link, copy),
      element("p", { class: "address" }, address),
      element("p", { class: "hint" }, text("downloadHint")),
      ...(catalog.downloads.length > 0 ? [element("p", {}, text("wholePlan"), ...catalog.downloads.flatMap((file) => [" ", element("a", { href: file.href, download: "" }, `${file.title} (.${file.format})`)]))] : []),
    );
    renderOptions();
  });

  /** What may be left out, where there is a choice. */
  function renderOptions(): void {
    const option = (name: keyof typeof parts, title: "onlyView" | "onlyFiltered" | "forSpreadsheets") => element("label", { class: "option" }, element("input", { type: "checkbox", name, checked: parts[name] }), text(title));
    options.replaceChildren(
      element("legend", { class: "unseen" }, text("extent")),
      ...(map ? [option("view", "onlyView")] : []),
      ...(expression(layer) ? [option("filter", "onlyFiltered")] : []),
      ...(format === "csv" ? [option("bom", "forSpreadsheets")] : []),
    );
    show();
  }

  function path(): string {
    const query = new URLSearchParams();
    const wanted = expression(layer);
    if (parts.view && map) query.set("bbox", map.getBounds().toArray().flat().map((degrees) => degrees.toFixed(DIGITS)).join());
    if (parts.filter && wanted) query.set("filter", wanted);
    if (parts.bom && format === "csv") query.set("bom", "true");
    return inEdition(`downloads/${layer?.id}`, edition, `.${format}`) + (query.size > 0 ? `?${query}` : "");
  }

  function show(): void {
    link.href = here + path();
    link.download = `${layer?.id}.${format}`;
    address.textContent = published + path();
  }
}
