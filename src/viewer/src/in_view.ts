// Going to a place so that it is seen beside what lies over the map.
import type { LngLatBoundsLike, Map as MapView } from "./maplibre";
import { isNarrow } from "./panels";

/** Around the place, px. */
const ROOM = 90;
const NARROW_ROOM = 24;
/** The notice above the map of a narrow page, px. */
const NOTICE = 44;
/** Of the height of a narrow page's map, what a panel covers at most: app.css counts the bar below in. */
const COVERED = 0.68;

/** Shows a box, no closer than a zoom, with so many pixels on the right left to a panel. */
export function showBox(map: MapView, box: LngLatBoundsLike, closest: number, panel = 0): void {
  const height = map.getContainer().clientHeight;
  const padding = isNarrow()
    ? { top: NOTICE + NARROW_ROOM, bottom: COVERED * height, left: NARROW_ROOM, right: NARROW_ROOM }
    : { top: ROOM, bottom: ROOM, left: ROOM, right: ROOM + panel };
  map.fitBounds(box, { padding, maxZoom: closest });
}
