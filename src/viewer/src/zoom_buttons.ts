// Zoom in, zoom out, whole plan.
import { byId, element, icon } from "./dom";
import { inLanguage, text } from "./language";
import type { Map as MapView } from "./maplibre";

export function showZoomButtons(map: MapView, home: () => void): void {
  const actions = [
    ["plus", "zoomIn", () => map.zoomIn()],
    ["minus", "zoomOut", () => map.zoomOut()],
    ["home", "zoomHome", home],
  ] as const;
  inLanguage(() => {
    byId("zoom").replaceChildren(
      ...actions.map(([name, key, act]) => {
        const button = element("button", { type: "button", "aria-label": text(key), title: text(key) }, icon(name));
        button.addEventListener("click", () => act());
        return button;
      }),
    );
  });
}
