// Light or dark: as the reader's system is, until the reader chooses here. The page and the map change together.
import { fromHash, intoHash } from "./address";
import { byId, icon } from "./dom";
import { inLanguage, text } from "./language";
import { remember, remembered } from "./memory";

export type Theme = "light" | "dark";

const KEY = "theme";
const chosen = [fromHash(KEY), remembered(KEY)].find((value) => value === "light" || value === "dark") as Theme | undefined;

/** The theme of this page, which stays as long as the page does. */
export const theme: Theme = chosen ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");

export function showTheme(): void {
  document.documentElement.dataset["theme"] = theme;
  const button = byId("theme");
  const other = theme === "dark" ? "light" : "dark";
  inLanguage(() => {
    button.replaceChildren(icon(other));
    button.title = text(other);
    button.setAttribute("aria-label", text(other));
  });
  // The map's style is another document, and what is drawn on the map is kept in the address: the page begins anew.
  button.addEventListener("click", () => {
    remember(KEY, other);
    intoHash(KEY, other);
    location.reload();
  });
}
