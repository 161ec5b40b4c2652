// The page's address says what is on it: another reader who opens it sees the same.
import { copiesOnClick } from "./clipboard";
import { byId, icon } from "./dom";
import { inLanguage, language, text } from "./language";
import { theme } from "./theme";

export function showPermalink(): void {
  const button = byId("share") as HTMLButtonElement;
  inLanguage(() => {
    button.replaceChildren(icon("share"));
    button.title = text("share");
    button.setAttribute("aria-label", text("share"));
  });
  copiesOnClick(button, permalink);

  // The page itself replaces what stands behind the `#` without an event: this is a reader who follows a link, or writes one. The map
  // takes its view by itself, everything else begins anew.
  addEventListener("hashchange", (event) => {
    const withoutView = (url: string) => url.replace(/([#&])map=[^&]*&?/, "$1");
    if (withoutView(event.oldURL) !== withoutView(event.newURL)) location.reload();
  });
}

/** The address with the language and the theme, which are otherwise a matter of each browser. */
function permalink(): string {
  const url = new URL(location.href);
  const others = url.hash.slice(1).split("&").filter((part) => part !== "" && !/^(lang|theme)=/.test(part));
  url.hash = [...others, `lang=${language()}`, `theme=${theme}`].join("&");
  return url.href;
}
