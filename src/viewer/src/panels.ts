// The panels beside the map, of which one is open, and the bar of buttons that open them.
import { byId, element, icon } from "./dom";
import { inLanguage, text } from "./language";
import type { texts } from "./texts";

type Name = "layers" | "filter" | "editions" | "measure" | "goto" | "download" | "review" | "statistics" | "connect";

/** Where the page is this narrow, a panel covers the map, and none is open at first. */
const NARROW = matchMedia("(max-width: 960px)");

interface Panel {
  name: Name;
  section: HTMLElement;
  button: HTMLButtonElement;
  heading: HTMLElement;
}

let open: Name | undefined;
const panels: Panel[] = [];
const listeners: ((name: Name | undefined) => void)[] = [];

/** Makes a panel of each section of index.html that names one. */
export function showPanels(): void {
  for (const section of byId("side").querySelectorAll<HTMLElement>("[data-panel]")) panels.push(panel(section));
  byId("rail").append(...panels.map(({ button }) => button));
  inLanguage(() => {
    byId("rail").setAttribute("aria-label", text("panels"));
    for (const { name, button, heading } of panels) {
      button.replaceChildren(icon(name), element("span", {}, text(name)));
      heading.textContent = text(HEADINGS[name] ?? name);
    }
  });
  openPanel(NARROW.matches ? undefined : "layers");
}

/** Panels that are called by more than the one word of their button. */
const HEADINGS: Partial<Record<Name, keyof typeof texts>> = { connect: "connectHeading", goto: "gotoHeading", download: "downloadHeading", review: "reviewHeading", statistics: "statisticsHeading" };

function panel(section: HTMLElement): Panel {
  const name = section.dataset["panel"] as Name;
  const heading = element("h2", { id: `heading-${name}` });
  const close = element("button", { type: "button", class: "icon-button" }, icon("close"));
  inLanguage(() => close.setAttribute("aria-label", text("close")));
  const button = element("button", { type: "button", "aria-controls": `panel-${name}`, "data-opens": name });
  section.id = `panel-${name}`;
  section.setAttribute("aria-labelledby", heading.id);
  section.tabIndex = -1;
  section.prepend(element("div", { class: "panel-head" }, heading, close));
  button.addEventListener("click", () => openPanel(open === name ? undefined : name));
  const shut = () => {
    openPanel(undefined);
    button.focus();
  };
  close.addEventListener("click", shut);
  section.addEventListener("keydown", (event) => event.key === "Escape" && !event.defaultPrevented && shut());
  return { name, section, button, heading };
}

/** Opens a panel, or closes the one that is open. */
export function openPanel(name: Name | undefined): void {
  open = name;
  document.body.classList.toggle("has-panel", name !== undefined);
  byId("side").hidden = name === undefined;
  for (const { name: other, section, button } of panels) {
    section.hidden = other !== name;
    button.setAttribute("aria-expanded", String(other === name));
  }
  panels.find((panel) => panel.name === name)?.section.scrollTo(0, 0);
  for (const listener of listeners) listener(name);
}

/** Tells whenever a panel is opened or closed. */
export function whenPanelOpens(listener: (name: string | undefined) => void): void {
  listeners.push(listener);
  listener(open);
}

/** Whether panels lie over the map, not beside it. */
export function isNarrow(): boolean {
  return NARROW.matches;
}

/** Makes room for what is shown on the map, where a panel covers it. */
export function uncoverMap(): void {
  if (NARROW.matches) openPanel(undefined);
}
