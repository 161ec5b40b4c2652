// What a proposal may answer, as fields of a form.
import { element } from "./dom";
import { pick, text, type Bilingual } from "./language";

/** One of the attributes that `GET /review?f=json` lists. */
export interface Attribute {
  id: string;
  type: "choice" | "choices" | "number" | "truth" | "date" | "text";
  title: Bilingual;
  unit: string | null;
  /** Other words than the choices are taken too. */
  open: boolean;
  choices: { id: string; title: Bilingual }[];
}

/** The field, with what is answered already. */
export function fieldOf(attribute: Attribute, answers: FormData): HTMLElement {
  const title = pick(attribute.title) + (attribute.unit ? ` (${attribute.unit})` : "");
  return element("label", { class: "field" }, title, ...control(attribute, answers));
}

function control({ id: name, type, open, choices }: Attribute, answers: FormData): HTMLElement[] {
  const answered = answers.getAll(name).map(String);
  const value = answered[0];
  const option = (key: string, words: string) => element("option", { value: key, selected: answered.includes(key) }, words);
  const listed = choices.map(({ id, title }) => option(id, pick(title)));
  if (type === "choice" && open) {
    const list = element("datalist", { id: `review-${name}-list` }, ...choices.map(({ title }) => element("option", { value: title.zh }, pick(title))));
    return [element("input", { type: "text", name, list: list.id, value, autocomplete: "off" }), list];
  }
  if (type === "choices") return [element("select", { name, multiple: true, size: "3" }, ...listed)];
  if (type === "choice") return [element("select", { name }, option("", "—"), ...listed)];
  if (type === "truth") return [element("select", { name }, option("", "—"), option("true", text("yes")), option("false", text("no")))];
  if (type === "number") return [element("input", { type: "text", inputmode: "decimal", name, value, autocomplete: "off" })];
  return [element("input", { type, name, value, autocomplete: "off" })];
}
