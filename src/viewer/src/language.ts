// The page's language: Chinese unless the reader chose English, in the address or before in this browser.
import { fromHash, intoHash } from "./address";
import { remember, remembered } from "./memory";
import { texts } from "./texts";

export type Language = "zh" | "en";
export type Bilingual = Record<Language, string>;

const listeners: (() => void)[] = [];
let current: Language = (fromHash("lang") ?? remembered("language")) === "en" ? "en" : "zh";

export function language(): Language {
  return current;
}

export function switchLanguage(): void {
  current = current === "zh" ? "en" : "zh";
  remember("language", current);
  intoHash("lang", current);
  for (const listener of listeners) listener();
}

/** Runs `render` now and after each change of language. */
export function inLanguage(render: () => void): void {
  listeners.push(render);
  render();
}

/** The title in the page's language, or in the other one where it is missing. */
export function pick(title: Bilingual): string {
  return title[current] || title.zh || title.en;
}

export function text(key: keyof typeof texts): string {
  return texts[key][current];
}

/** A number as it is written in the page's language, with so many digits after the point at most. */
export function number(value: number, digits = 3): string {
  return value.toLocaleString(current === "zh" ? "zh-CN" : "en-GB", { maximumFractionDigits: digits });
}
