// Counts and areas in groups: a table whose bars are the chart.
import { fetchJson, here } from "./address";
import { byId, element } from "./dom";
import { CURRENT } from "./edition";
import { expression, whenFiltered } from "./filter";
import { inLanguage, language, number, pick, text, type Bilingual } from "./language";
import type { Map as MapView } from "./maplibre";
import { whenPanelOpens } from "./panels";

/** What `/statistics` answers, as far as it is shown. */
interface Answer {
  groups: (Numbers & { label: Bilingual[] })[];
  total: Numbers;
}

interface Numbers {
  features: number;
  area_stated_km2: { sum: number | null };
  area_drawn_km2: { sum: number | null };
}

const GROUPS = ["layer", "mineral", "level"] as const;
const MEASURES = { features: "numberOf", area_stated_km2: "statedArea", area_drawn_km2: "drawnArea" } as const;
type Measure = keyof typeof MEASURES;

export function showStatistics(edition: string, map: MapView): void {
  const form = byId("statistics") as HTMLFormElement;
  const chosen = { group: "layer", measure: "features" as Measure, view: false };
  const result = element("div", { "aria-live": "polite" });
  let answer: Answer | undefined;
  let asked = "";

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", () => {
    const data = new FormData(form);
    Object.assign(chosen, { group: data.get("group"), measure: data.get("measure"), view: data.has("view") });
    void ask();
  });
  const isOpen = () => !byId("panel-statistics").hidden;
  whenPanelOpens((name) => name === "statistics" && void ask());
  whenFiltered(() => isOpen() && void ask());
  map.on("moveend", () => chosen.view && isOpen() && void ask());
  inLanguage(render);

  function query(): string {
    const wanted = new URLSearchParams({ group_by: chosen.group });
    const filter = expression();
    if (filter) wanted.set("filter", filter);
    if (chosen.view) wanted.set("bbox", map.getBounds().toArray().flat().map((degrees) => degrees.toFixed(5)).join());
    return `statistics?${wanted}`;
  }

  async function ask(): Promise<void> {
    const question = query();
    if (question === asked) return show();
    asked = question;
    const found = await fetchJson<Answer>(`${question}&f=json`).catch(() => undefined);
    // A later question may have been answered before.
    if (question !== asked) return;
    if (!found) asked = "";
    answer = found;
    show();
  }

  function render(): void {
    const choice = <T extends string>(name: string, title: string, options: (readonly [T, string])[], value: string) =>
      element("label", {}, title, element("select", { name }, ...options.map(([key, words]) => element("option", { value: key, selected: key === value }, words))));
    form.replaceChildren(
      ...(edition === CURRENT ? [] : [element("p", { class: "hint" }, text("statisticsCurrent"))]),
      choice("group", text("groupBy"), GROUPS.map((key) => [key, text(key)] as const), chosen.group),
      choice("measure", text("quantity"), Object.entries(MEASURES).map(([key, words]) => [key, text(words)] as const), chosen.measure),
      element("label", { class: "option" }, element("input", { type: "checkbox", name: "view", checked: chosen.view }), text("onlyView")),
      result,
    );
    show();
  }

  function show(): void {
    if (!answer) return result.replaceChildren(...(asked === "" && isOpen() ? [element("p", { class: "wrong" }, text("statisticsFailed"))] : []));
    const value = (of: Numbers) => (chosen.measure === "features" ? of.features : (of[chosen.measure].sum ?? 0));
    const groups = [...answer.groups].sort((a, b) => value(b) - value(a));
    const most = Math.max(...groups.map(value), Number.MIN_VALUE);
    const row = (label: string, of: Numbers) => {
      const bar = element("div", { class: "bar" });
      bar.style.width = `${(100 * value(of)) / most}%`;
      return element("tr", {}, element("th", { scope: "row" }, label, bar), element("td", {}, number(value(of), 2)));
    };
    const head = element("tr", {}, element("th", { scope: "col" }, text(chosen.group as (typeof GROUPS)[number])), element("th", { scope: "col" }, text(MEASURES[chosen.measure])));
    result.replaceChildren(
      element(
        "table",
        { class: "chart" },
        element("caption", { class: "unseen" }, `${text("statistics")}: ${text(MEASURES[chosen.measure])}`),
        element("thead", {}, head),
        element("tbody", {}, ...groups.map((group) => row(group.label.map(pick).join(" · "), group))),
        element("tfoot", {}, element("tr", {}, element("th", { scope: "row" }, text("total")), element("td", {}, number(value(answer.total), 2)))),
      ),
      element("p", { class: "links" }, element("a", { href: `${here}${asked}&f=csv&bom=true`, download: "statistics.csv" }, "CSV"), element("a", { href: `${here}${asked}&f=html`, hreflang: language() }, text("statisticsPage"))),
    );
  }
}
