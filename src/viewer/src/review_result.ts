// The verdict on a proposal, rule by rule.
import { element } from "./dom";
import { number, pick, text, type Bilingual } from "./language";

export type Verdict = "conflict" | "consultation" | "not_checkable" | "pass";

export interface Piece {
  area_km2: number;
  share: number;
  geometry: GeoJSON.Geometry | null;
}

/** The answer of `/review`, as far as it is shown. */
export interface Review {
  verdict: Verdict;
  counts: Record<Verdict, number>;
  notices: Bilingual[];
  proposal: { area_km2: number; corners: number; bbox: [number, number, number, number]; geometry: GeoJSON.Geometry };
  rules: {
    id: string;
    quotes: { text: string }[];
    section: string;
    applies: boolean;
    verdict: Verdict;
    reasons: Bilingual[];
    features: (Partial<Piece> & { layer_title: Bilingual; id: number; code: string | null; name: string | null; is_sliver: boolean; length_km?: number; distance_m?: number })[];
    remainder?: Piece;
  }[];
}

type Rule = Review["rules"][number];

/** The worst first. */
const VERDICTS: Verdict[] = ["conflict", "consultation", "not_checkable", "pass"];

export function showResult(review: Review): HTMLElement[] {
  const counts = VERDICTS.map((verdict) => element("li", { class: `verdict ${verdict}` }, text(verdict), element("strong", {}, String(review.counts[verdict]))));
  const sections = VERDICTS.flatMap((verdict) => {
    const rules = review.rules.filter((rule) => rule.verdict === verdict);
    // What is broken is read at once, the rest when it is asked for.
    return rules.length > 0 ? [element("details", { open: verdict === "conflict" || verdict === "consultation" }, element("summary", {}, `${text(verdict)} (${rules.length})`), table(verdict, rules))] : [];
  });
  return [
    element("h3", { class: `verdict ${review.verdict}` }, text(review.verdict)),
    element("p", {}, `${number(review.proposal.area_km2, 4)} km² · ${review.proposal.corners} ${text("corners")}`),
    ...review.notices.map((notice) => element("p", { class: "schematic" }, pick(notice))),
    element("ul", { class: "counts" }, ...counts),
    ...sections,
  ];
}

function table(verdict: Verdict, rules: Rule[]): HTMLElement {
  const row = (rule: Rule) =>
    element(
      "tr",
      { "data-rule": rule.id },
      element("th", { scope: "row" }, rule.id, element("small", {}, rule.section)),
      element("td", {}, ...rule.quotes.map((quote) => element("q", {}, quote.text)), ...rule.reasons.map((reason) => element("p", {}, pick(reason))), concerned(rule)),
    );
  const head = element("tr", {}, element("th", { scope: "col" }, text("rule")), element("th", { scope: "col" }, text("finding")));
  return element("table", { class: "rules" }, element("caption", { class: "unseen" }, text(verdict)), element("thead", {}, head), element("tbody", {}, ...rules.map(row)));
}

/** The features that a rule is about, and what should be covered and is not. */
function concerned(rule: Rule): HTMLElement | undefined {
  const features = rule.features.map((feature) => element("li", {}, `${pick(feature.layer_title)}: ${feature.name ?? feature.code ?? feature.id} `, element("small", {}, measured(feature), feature.is_sliver && ` ${text("sliver")}`)));
  if (rule.remainder) features.push(element("li", {}, `${text("notCovered")} `, element("small", {}, measured(rule.remainder))));
  return features.length > 0 ? element("ul", {}, ...features) : undefined;
}

function measured({ area_km2, share, length_km, distance_m }: Partial<Piece> & { length_km?: number; distance_m?: number }): string {
  const area = area_km2 === undefined ? "" : `${number(area_km2, 4)} km²` + (share === undefined ? "" : ` (${number(share * 100, 1)} %)`);
  const length = length_km === undefined ? "" : `${number(length_km)} km`;
  const distance = distance_m === undefined ? "" : `${number(distance_m, 1)} m`;
  return [area, length, distance].filter(Boolean).join(", ");
}
