// A proposed right against the rules of the plan: drawn, pasted or dropped; judged by the server, shown as a table and on the map.
import { fetchJson, here } from "./address";
import { byId, element } from "./dom";
import { textOf, whenDropped } from "./dropped_file";
import { inLanguage, text } from "./language";
import type { Map as MapView } from "./maplibre";
import { openPanel, whenPanelOpens } from "./panels";
import { drawReview } from "./review_overlay";
import { fieldOf, type Attribute } from "./review_fields";
import { showResult, type Review } from "./review_result";
import { Sketch } from "./sketch";

/** Attributes that nearly every rule asks for; the others are a click away. */
const FIRST = ["kind", "application", "mineral"];

/** Height of a panel's head, which stays above what is scrolled, px. */
const HEAD = 52;

export function showReview(map: MapView): void {
  const form = byId("review") as HTMLFormElement;
  const proposal = element("textarea", { id: "review-proposal", name: "proposal", rows: "5", required: true, spellcheck: "false" });
  const file = element("input", { id: "review-file", type: "file", accept: ".txt,.csv,.json,.geojson,.wkt,text/plain" });
  const draw = element("button", { type: "button", "aria-pressed": "false" });
  const result = element("div", { id: "review-result", "aria-live": "polite" });
  let attributes: Attribute[] = [];
  let review: Review | undefined;
  let failure = "";

  const sketch = new Sketch(map, () => {
    if (sketch.positions.length < 3) return;
    proposal.value = JSON.stringify({ type: "Polygon", coordinates: [[...sketch.positions, sketch.positions[0]]].map((ring) => ring.map((position) => position!.map((degrees) => Number(degrees.toFixed(7))))) });
  });
  const drawing = (on: boolean) => {
    draw.setAttribute("aria-pressed", String(on));
    if (on) sketch.start("ring");
    else sketch.stop();
  };
  draw.addEventListener("click", () => drawing(draw.getAttribute("aria-pressed") === "false"));
  file.addEventListener("change", () => file.files?.[0] && void take(file.files[0]));
  whenDropped((dropped) => {
    openPanel("review");
    void take(dropped);
  });
  // The report is what the form itself sends, in a tab of its own; the other button asks for numbers and shapes.
  Object.assign(form, { method: "post", action: `${here}review?f=html`, target: "_blank" });
  whenPanelOpens((name) => {
    if (name !== "review") return drawing(false);
    if (attributes.length === 0) void fetchJson<{ attributes: Attribute[] }>("review?f=json").then((answer) => ((attributes = answer.attributes), render()), () => undefined);
  });
  inLanguage(render);

  /** Judges what is in a file. */
  async function take(from: File): Promise<void> {
    const read = await textOf(from).catch((error: Error) => conclude(undefined, error.message));
    if (read === undefined) return;
    proposal.value = read;
    await ask(`${from.name}: `);
  }

  /** `of` begins what is said where the proposal is wrong. */
  async function ask(of = ""): Promise<void> {
    if (!form.reportValidity()) return;
    const answers = [...new FormData(form)].filter(([, value]) => value !== "") as [string, string][];
    const response = await fetch(`${here}review?f=json`, { method: "POST", body: new URLSearchParams(answers) }).catch(() => undefined);
    const answer = await response?.json().catch(() => undefined);
    if (response?.ok) conclude(answer as Review, "");
    else conclude(undefined, answer?.detail ? `${of}${text("notReviewed")}${answer.detail}` : text("reviewFailed"));
  }

  function conclude(found: Review | undefined, wrong: string): void {
    [review, failure] = [found, wrong];
    drawing(false);
    drawReview(map, review);
    show();
    const side = byId("side"); // which alone scrolls; what is above it stays
    side.scrollTo(0, side.scrollTop + result.getBoundingClientRect().top - side.getBoundingClientRect().top - HEAD);
  }

  function render(): void {
    const answers = new FormData(form);
    const field = (attribute: Attribute) => fieldOf(attribute, answers);
    const [first, others] = [attributes.filter(({ id }) => FIRST.includes(id)), attributes.filter(({ id }) => !FIRST.includes(id))];
    draw.textContent = text("drawProposal");
    const judge = element("button", { type: "button", class: "primary" }, text("judge"));
    judge.addEventListener("click", () => void ask());
    form.replaceChildren(
      element("label", { for: proposal.id }, text("proposal")),
      proposal,
      element("div", { class: "line" }, draw, element("label", { class: "file" }, text("openFile"), file)),
      element("p", { class: "hint" }, text("proposalHint")),
      ...first.map(field),
      ...(others.length > 0 ? [element("details", {}, element("summary", {}, text("moreAnswers")), ...others.map(field))] : []),
      element("div", { class: "line" }, judge, element("button", { type: "submit" }, text("report"))),
      result,
    );
    show();
  }

  function show(): void {
    if (failure) return result.replaceChildren(element("p", { class: "wrong" }, failure));
    result.replaceChildren(...(review ? showResult(review) : []));
  }
}
