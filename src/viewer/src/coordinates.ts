// Coordinates under the pointer, or of the map's centre where there is no pointer.
import { byId, element } from "./dom";
import type { Map as MapView } from "./maplibre";

/** Degrees, minutes and seconds to a tenth: about three metres. */
export function dms(degrees: number, positive: string, negative: string): string {
  const tenths = Math.round(Math.abs(degrees) * 36000);
  const [d, m, s] = [Math.floor(tenths / 36000), Math.floor(tenths / 600) % 60, (tenths % 600) / 10];
  return `${d}°${String(m).padStart(2, "0")}′${s.toFixed(1).padStart(4, "0")}″${degrees < 0 ? negative : positive}`;
}

/** The line, and what tells it of a map to follow. */
export function showCoordinates(): { attach: (map: MapView) => void } {
  const decimal = element("span");
  const sexagesimal = element("span");
  byId("coordinates").replaceChildren(decimal, sexagesimal, element("span", { class: "datum" }, "CGCS2000"));

  const show = ({ lng, lat }: { lng: number; lat: number }) => {
    decimal.textContent = `${lng.toFixed(5)}, ${lat.toFixed(5)}`;
    sexagesimal.textContent = `${dms(lng, "E", "W")} ${dms(lat, "N", "S")}`;
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
