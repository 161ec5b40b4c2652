// What the plan's document says of a feature: the places that name it, the rules that apply to it, and where it contradicts itself.
import { fetchJson, here } from "./address";
import { element } from "./dom";
import type { Found } from "./feature_fields";
import { pick, text, type Bilingual } from "./language";
import { addressOf, lineOf, type Place } from "./plan_text";
import type { texts } from "./texts";

/** The answer of `/plan/features/{layer}/{id}`, as far as it is shown. */
interface Said {
  text: (Place & { quote: string })[];
  /** A county's rule may have a quote that is not in the text. */
  rules: (Omit<Place, "section"> & { id: string; section: string | null; quote: string })[];
  inconsistencies: { id: string; what: Bilingual }[];
}

/** Puts what is said of a feature into `into`, each kind folded; nothing where nothing is said. */
export async function showWords(into: HTMLElement, { layer, id }: Found): Promise<void> {
  const said = await fetchJson<Said>(`plan/features/${layer.id}/${id}?f=json`).catch(() => undefined);
  if (!said) return;
  into.replaceChildren(
    ...folded("planText", said.text.map((place) => [link(place), element("q", {}, place.quote)])),
    ...folded("planRules", said.rules.map((rule) => [element("strong", {}, rule.id), " ", ruleLink(rule), element("q", {}, rule.quote)])),
    ...folded("planInconsistencies", said.inconsistencies.map(({ id, what }) => [away(`${here}plan/inconsistencies?f=html#${id}`, id), element("p", {}, pick(what))])),
  );
}

function folded(title: keyof typeof texts, entries: (Node | string)[][]): HTMLElement[] {
  if (entries.length === 0) return [];
  const summary = element("summary", {}, text(title), element("span", { class: "count" }, String(entries.length)));
  return [element("details", {}, summary, element("ul", {}, ...entries.map((entry) => element("li", {}, ...entry))))];
}

function link(place: Place): HTMLElement {
  return away(addressOf(place), `${place.title} · ${lineOf(place)}`);
}

function ruleLink({ section, ...rule }: Said["rules"][number]): HTMLElement | string {
  return section === null ? rule.title : link({ section, ...rule });
}

/** A link that leaves the map open. */
function away(href: string, title: string): HTMLElement {
  return element("a", { href, target: "_blank", rel: "noopener" }, title);
}
