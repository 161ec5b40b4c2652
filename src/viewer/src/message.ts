// What went wrong, over the map, in words.
import { byId, element, icon } from "./dom";
import { inLanguage, text } from "./language";
import type { texts } from "./texts";

interface Message {
  key: keyof typeof texts;
  detail?: string;
  retry?: () => void;
}

let shown: Message | undefined;

export function showMessage(message: Message): void {
  shown = message;
  render();
}

function hide(): void {
  shown = undefined;
  render();
}

function render(): void {
  const box = byId("message");
  box.hidden = shown === undefined;
  if (!shown) return box.replaceChildren();
  const { key, detail, retry } = shown;
  const again = retry && element("button", { type: "button" }, text("retry"));
  again?.addEventListener("click", () => (hide(), retry?.()));
  const close = element("button", { type: "button", class: "icon-button", "aria-label": text("close") }, icon("close"));
  close.addEventListener("click", hide);
  box.replaceChildren(element("p", {}, text(key), detail ? element("small", {}, detail) : undefined), ...(again ? [again] : []), close);
}

inLanguage(render);
