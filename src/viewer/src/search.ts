// One box that finds features and places in the plan's text: a list in groups, for the pointer, the keyboard and screen readers.
import { byId, element, icon } from "./dom";
import { inLanguage, text } from "./language";
import type { texts } from "./texts";

/** Something that was found. */
export interface Choice {
  content: HTMLElement[];
  choose: () => void;
}

/** What was found in one place, the best first. */
export interface Group {
  title: keyof typeof texts;
  matched: number;
  choices: Choice[];
  /** Where not all can be chosen: how to come to the others. */
  note?: string;
}

/** Looks for words in one place; rejects where that did not work. */
export type Finder = (words: string) => Promise<Group>;

/** Rest between two keys after which it is asked, ms. */
const REST = 150;

export function showSearch(finders: Finder[]): void {
  const input = element("input", { type: "search", role: "combobox", maxlength: "200", autocomplete: "off", spellcheck: "false", "aria-expanded": "false", "aria-controls": "results", "aria-autocomplete": "list" });
  const list = element("div", { id: "results", role: "listbox", hidden: true });
  const status = element("p", { id: "search-status", hidden: true });
  let choices: Choice[] = [];
  let options: HTMLElement[] = [];
  let active = -1;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asked = "";

  byId("search").append(icon("search"), input, element("div", { class: "drop" }, status, list));
  inLanguage(() => {
    const hint = text(finders.length > 1 ? "searchAllHint" : "searchHint");
    input.placeholder = hint;
    input.setAttribute("aria-label", hint);
    list.setAttribute("aria-label", text("searchResults"));
    if (!list.hidden) void ask();
  });
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, REST);
  });
  input.addEventListener("focus", () => choices.length > 0 && open(true));
  input.addEventListener("blur", () => (open(false), say("")));
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") activate(active + 1);
    else if (event.key === "ArrowUp") activate(active - 1);
    else if (event.key === "Enter" && choices.length > 0) choose(Math.max(active, 0));
    else if (event.key === "Escape" && !list.hidden) open(false);
    else return;
    event.preventDefault();
  });

  async function ask(): Promise<void> {
    asked = input.value.trim();
    const words = asked;
    if (words === "") return take([]);
    const answers = await Promise.allSettled(finders.map((find) => find(words)));
    // A later question may have been answered before.
    if (words !== asked) return;
    const groups = answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
    take(groups);
    if (groups.length < finders.length) say(text("searchFailed"));
  }

  function take(groups: Group[]): void {
    choices = groups.flatMap((group) => group.choices);
    options = choices.map(option);
    active = -1;
    input.removeAttribute("aria-activedescendant");
    let shown = 0;
    list.replaceChildren(...groups.filter((group) => group.choices.length > 0).map((group) => section(group, options.slice(shown, (shown += group.choices.length)))));
    say(asked !== "" && choices.length === 0 ? text("nothingFound") : "");
    const matched = groups.reduce((sum, group) => sum + group.matched, 0);
    byId("announcement").textContent = asked === "" ? "" : `${matched} ${text("searchResults")}`;
    open(choices.length > 0);
  }

  function say(words: string): void {
    status.textContent = words;
    status.hidden = words === "";
  }

  function open(shown: boolean): void {
    list.hidden = !shown;
    input.setAttribute("aria-expanded", String(shown));
  }

  function section({ title, matched, note }: Group, members: HTMLElement[]): HTMLElement {
    const head = element("li", { id: `results-${title}`, role: "presentation", class: "group-head" }, text(title), element("span", { class: "count" }, String(matched)));
    return element("ul", { role: "group", "aria-labelledby": head.id }, head, ...members, note !== undefined && element("li", { role: "presentation", class: "group-note" }, note));
  }

  function option(choice: Choice, i: number): HTMLElement {
    const item = element("li", { id: `result-${i}`, role: "option", "aria-selected": "false" }, ...choice.content);
    // Before the input loses the focus, which closes the list.
    item.addEventListener("pointerdown", (event) => event.preventDefault());
    item.addEventListener("click", () => choose(i));
    return item;
  }

  function activate(i: number): void {
    if (choices.length === 0) return;
    open(true);
    active = (i + choices.length) % choices.length;
    options.forEach((item, at) => item.setAttribute("aria-selected", String(at === active)));
    options[active]!.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", `result-${active}`);
  }

  function choose(i: number): void {
    input.blur(); // which closes the list
    choices[i]?.choose();
  }
}
