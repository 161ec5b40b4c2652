// Coordinates under the pointer, or of the map's centre where there is no pointer.
import { decimalText, dmsText, planeText, type Place } from "./coordinate_text";
import { byId, element } from "./dom";
import type { Map as MapView } from "./maplibre";

/** The line, and what tells it of a map to follow. */
export function showCoordinates(): { attach: (map: MapView) => void } {
  const lines = [decimalText, dmsText, planeText].map((written) => ({ written, span: element("span") }));
  byId("coordinates").replaceChildren(...lines.map(({ span }) => span), element("span", { class: "datum" }, "CGCS2000"));

  const show = (place: Place) => {
    for (const { written, span } of lines) span.textContent = written(place);
  };
  let pointed = false;
  const attach = (map: MapView) => {
    map.on("mousemove", (event) => {
      pointed = true;
      show(event.lngLat);
    });
    map.on("mouseout", () => {
      pointed = false;
      show(map.getCenter());
    });
    map.on("move", () => pointed || show(map.getCenter()));
    map.on("click", (event) => show(event.lngLat));
    show(map.getCenter());
  };
  return { attach };
}
