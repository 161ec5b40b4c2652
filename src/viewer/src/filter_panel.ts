// The choice of minerals, levels and year, and the note on the map that not everything is shown.
import type { Catalog } from "./catalog";
import { byId, element } from "./dom";
import { filter, isFiltering, parts, setFilter, whenFiltered } from "./filter";
import { inLanguage, text } from "./language";
import type { Map as MapView } from "./maplibre";
import { whenPanelOpens } from "./panels";

export function showFilter(catalog: Catalog, map: MapView): void {
  const form = byId("filter") as HTMLFormElement;
  const values = { mineral: new Set(filter().minerals), level: new Set(filter().levels) };
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", () => {
    const data = new FormData(form);
    const all = (name: string) => data.getAll(name).map(String);
    const year = Number(data.get("year"));
    setFilter({ minerals: all("mineral"), levels: all("level"), ...(year >= 1900 && year <= 2200 && { year }) });
  });
  whenFiltered(showNote);
  // What there is to choose is what the map has come across.
  whenPanelOpens((name) => name === "filter" && look());
  map.on("idle", () => !byId("panel-filter").hidden && look());
  inLanguage(() => (render(), showNote()));

  function look(): void {
    const before = values.mineral.size + values.level.size;
    for (const { id } of catalog.layers) {
      for (const { properties } of map.querySourceFeatures("plan", { sourceLayer: id })) {
        parts(properties["mineral"]).forEach((mineral) => values.mineral.add(mineral));
        if (properties["level"]) values.level.add(String(properties["level"]));
      }
    }
    if (values.mineral.size + values.level.size !== before) render();
  }

  function render(): void {
    const year = element("input", { type: "number", name: "year", id: "filter-year", min: "1900", max: "2200", step: "1", placeholder: "2025", value: filter().year?.toString() });
    const clear = element("button", { type: "button" }, text("clearFilter"));
    clear.addEventListener("click", clearFilter);
    form.replaceChildren(
      element("p", { class: "hint" }, text("filterHint")),
      choice("mineral", filter().minerals),
      choice("level", filter().levels),
      element("fieldset", {}, element("legend", {}, text("validIn")), element("label", { for: year.id, class: "unseen" }, text("validIn")), year),
      clear,
    );
  }

  function choice(name: "mineral" | "level", chosen: string[]): HTMLElement {
    const options = [...values[name]].sort((a, b) => a.localeCompare(b, "zh"));
    const labels = options.map((value) => element("label", { class: "pill" }, element("input", { type: "checkbox", name, value, checked: chosen.includes(value) }), value));
    return element("fieldset", {}, element("legend", {}, text(name)), ...(labels.length > 0 ? labels : [element("p", { class: "hint" }, text("noneHere"))]));
  }

  function clearFilter(): void {
    setFilter({ minerals: [], levels: [] });
    render();
  }

  function showNote(): void {
    const { minerals, levels, year } = filter();
    const note = byId("filter-notice");
    note.hidden = !isFiltering();
    const clear = element("button", { type: "button" }, text("clearFilter"));
    clear.addEventListener("click", clearFilter);
    note.replaceChildren(`${text("filter")}: ${[...minerals, ...levels, ...(year ? [year] : [])].join(" · ")}`, clear);
  }
}
