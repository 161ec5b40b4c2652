// The handle between two maps that lie over each other: dragged, or moved with the keyboard.
import { byId, element } from "./dom";
import { inLanguage, text } from "./language";

/** Steps of the keyboard, % of the width. */
const STEP = { ArrowLeft: -2, ArrowRight: 2, PageUp: -10, PageDown: 10 } as const;

/** Shows `above` to the left of the handle, and with it what lies below to the right; `sides` are their names. */
export function addSwipe(above: HTMLElement, sides: [() => string, () => string]): { remove: () => void } {
  const stage = byId("stage");
  const handle = element("div", { id: "swipe", role: "slider", tabindex: "0", "aria-orientation": "horizontal", "aria-valuemin": "0", "aria-valuemax": "100" });
  inLanguage(() => {
    handle.setAttribute("aria-label", text("swipe"));
    handle.replaceChildren(...sides.map((side) => element("span", {}, side())));
  });

  let position = 50;
  const moveTo = (percent: number) => {
    position = Math.min(100, Math.max(0, percent));
    handle.style.left = `${position}%`;
    handle.setAttribute("aria-valuenow", String(Math.round(position)));
    above.style.clipPath = `inset(0 ${100 - position}% 0 0)`;
  };
  handle.addEventListener("pointerdown", (event) => handle.setPointerCapture(event.pointerId));
  handle.addEventListener("pointermove", (event) => {
    if (!handle.hasPointerCapture(event.pointerId)) return;
    const { left, width } = stage.getBoundingClientRect();
    moveTo((100 * (event.clientX - left)) / width);
  });
  handle.addEventListener("keydown", (event) => {
    if (event.key === "Home" || event.key === "End") moveTo(event.key === "Home" ? 0 : 100);
    else if (event.key in STEP) moveTo(position + STEP[event.key as keyof typeof STEP]);
    else return;
    event.preventDefault();
  });
  moveTo(position);
  stage.append(handle);
  return { remove: () => handle.remove() };
}
