// The plan's text: places in it by words, for the search, and where they are to be read.
import { fetchJson, here } from "./address";
import { element } from "./dom";
import { text } from "./language";
import type { Choice, Finder } from "./search";

/** A line of the text. */
export interface Place {
  /** The section, as addresses name it. */
  section: string;
  title: string;
  line: number;
}

/** One answer of `/plan/search`. */
interface Hit extends Place {
  excerpt: string;
  /** Where in the excerpt the words stand: first character and the one behind the last. */
  marks: [number, number][];
}

const LIMIT = 8;

/** The address of a line, in the page of its section. */
export function addressOf({ section, line }: Place): string {
  return `${here}plan/text/${encodeURIComponent(section)}#line-${line}`;
}

export const findInText: Finder = async (words) => {
  const { matched, hits } = await fetchJson<{ matched: number; hits: Hit[] }>(`plan/search?q=${encodeURIComponent(words)}&limit=${LIMIT}&f=json`);
  const choices = hits.map(choice);
  if (matched > hits.length) choices.push(allOf(words, matched));
  return { title: "foundInText", matched, choices };
};

/** The page with everything that was found. */
function allOf(words: string, matched: number): Choice {
  return {
    content: [element("span", { class: "kind" }, text("allInText").replace("{all}", String(matched)))],
    choose: () => away(`${here}plan/search?q=${encodeURIComponent(words)}&f=html`),
  };
}

function choice(hit: Hit): Choice {
  return {
    content: [element("span", { class: "kind" }, `${hit.title} · ${lineOf(hit)}`), element("span", { class: "excerpt" }, ...marked(hit))],
    choose: () => away(addressOf(hit)),
  };
}

/** Opens a page, and leaves the map open. */
function away(address: string): void {
  window.open(address, "_blank", "noopener");
}

export function lineOf({ line }: Place): string {
  return text("textLine").replace("{n}", String(line));
}

function marked({ excerpt, marks }: Hit): (Node | string)[] {
  const characters = [...excerpt];
  const part = (from: number, to?: number) => characters.slice(from, to).join("");
  let at = 0;
  const parts = marks.flatMap(([start, end]) => {
    const before = part(at, start);
    at = end;
    return [before, element("mark", {}, part(start, end))];
  });
  return [...parts, part(at)];
}
