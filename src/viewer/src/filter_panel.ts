// The choice of minerals, levels and year, and the note on the map that not everything is shown.
import { fetchJson } from "./address";
import { byId, element } from "./dom";
import { filter, isFiltering, parts, setFilter, whenFiltered } from "./filter";
import { inLanguage, text } from "./language";
import { whenPanelOpens } from "./panels";

export function showFilter(): void {
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
  whenPanelOpens((name) => name === "filter" && void ask().catch(() => undefined));
  inLanguage(() => (render(), showNote()));

  /** What there is to choose, in all layers. */
  async function ask(): Promise<void> {
    const [minerals, levels] = await Promise.all(["mineral", "level"].map(valuesOf));
    minerals!.flatMap(parts).forEach((mineral) => values.mineral.add(mineral));
    levels!.forEach((level) => values.level.add(level));
    render();
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

/** The values of a column that all layers have. */
async function valuesOf(column: string): Promise<string[]> {
  const { groups } = await fetchJson<{ groups: { key: Record<string, string | null> }[] }>(`statistics?group_by=${column}&f=json`);
  return groups.flatMap(({ key }) => key[column] ?? []);
}
