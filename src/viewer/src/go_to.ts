// Going to a coordinate that the reader has on paper.
import { decimalText, dmsText, planeText, readPlace, type Place } from "./coordinate_text";
import { byId, element } from "./dom";
import { inLanguage, text } from "./language";
import { maplibre, type Map as MapView } from "./maplibre";
import { uncoverMap } from "./panels";

const CLOSEST = 14;
const EXAMPLES = ["112.8906, 36.3153", "112°53′26.2″E 36°18′55.1″N", "4020602.5, 38400306.4"];

export function showGoTo(map: MapView): void {
  const marker = new (maplibre()!).Marker({ color: "#c2255c" });
  const form = byId("go-to") as HTMLFormElement;
  const input = element("input", { id: "go-to-text", type: "text", autocomplete: "off", spellcheck: "false", "aria-describedby": "go-to-help go-to-answer" });
  const answer = element("div", { id: "go-to-answer", "aria-live": "polite" });
  const remove = element("button", { type: "button", hidden: true });

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const reading = readPlace(input.value);
    if ("error" in reading) {
      input.setAttribute("aria-invalid", "true");
      return answer.replaceChildren(element("p", { class: "wrong" }, text(reading.error)));
    }
    input.removeAttribute("aria-invalid");
    remove.hidden = false;
    marker.setLngLat(reading.place).addTo(map);
    map.flyTo({ center: reading.place, zoom: Math.max(CLOSEST, map.getZoom()) });
    answer.replaceChildren(element("p", {}, text(reading.as), reading.zone ? ` (${text("zone")} ${reading.zone})` : undefined), ...lines(reading.place));
    uncoverMap();
  });
  remove.addEventListener("click", () => {
    marker.remove();
    remove.hidden = true;
    answer.replaceChildren();
    input.focus();
  });
  inLanguage(() => {
    remove.textContent = text("removeMarker");
    form.replaceChildren(
      element("label", { for: input.id }, text("coordinatePair")),
      element("div", { class: "line" }, input, element("button", { type: "submit", class: "primary" }, text("goThere"))),
      element("div", { id: "go-to-help", class: "hint" }, text("coordinateHint"), element("ul", {}, ...EXAMPLES.map((example) => element("li", {}, element("code", {}, example))))),
      answer,
      remove,
    );
  });
}

function lines(place: Place): HTMLElement[] {
  return [decimalText, dmsText, planeText].map((written) => element("p", { class: "coordinate" }, written(place)));
}
