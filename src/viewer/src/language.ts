// The page's language: Chinese unless the reader chose English, remembered in this browser.
import { texts } from "./texts";

export type Language = "zh" | "en";
export type Bilingual = Record<Language, string>;

const KEY = "plantiles.language";
const listeners: (() => void)[] = [];
let current: Language = remembered();

function remembered(): Language {
  // Storage can be forbidden altogether; the choice then lasts as long as the page.
  try {
    return localStorage.getItem(KEY) === "en" ? "en" : "zh";
  } catch {
    return "zh";
  }
}

export function language(): Language {
  return current;
}

export function switchLanguage(): void {
  current = current === "zh" ? "en" : "zh";
  try {
    localStorage.setItem(KEY, current);
  } catch {
    // see remembered()
  }
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
