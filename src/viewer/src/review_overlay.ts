// The proposal and what it overlaps, on the map.
import { showBox } from "./in_view";
import type { GeoJSONSource, Map as MapView } from "./maplibre";
import type { Review } from "./review_result";

const SOURCE = "review";
const CLOSEST = 15;
const COLORS = { proposal: "#c2255c", overlap: "#d9480f", remainder: "#5f3dc4" };

/** Draws a review and goes there; nothing where there is none. */
export function drawReview(map: MapView, review: Review | undefined): void {
  if (!map.getSource(SOURCE)) addLayers(map);
  (map.getSource(SOURCE) as GeoJSONSource).setData({ type: "FeatureCollection", features: review ? shapes(review) : [] });
  if (review) showBox(map, review.proposal.bbox, CLOSEST);
}

function shapes(review: Review): GeoJSON.Feature[] {
  const shape = (role: keyof typeof COLORS, geometry: GeoJSON.Geometry): GeoJSON.Feature => ({ type: "Feature", properties: { color: COLORS[role], role }, geometry });
  const broken = review.rules.filter(({ verdict }) => verdict === "conflict" || verdict === "consultation");
  const overlaps = broken.flatMap(({ features, remainder }) => [
    ...features.flatMap(({ geometry }) => (geometry ? [shape("overlap", geometry)] : [])),
    ...(remainder?.geometry ? [shape("remainder", remainder.geometry)] : []),
  ]);
  return [...overlaps, shape("proposal", review.proposal.geometry)];
}

function addLayers(map: MapView): void {
  map.addSource(SOURCE, { type: "geojson", data: { type: "FeatureCollection", features: [] } });
  map.addLayer({ id: `${SOURCE}/fill`, type: "fill", source: SOURCE, filter: ["!=", ["get", "role"], "proposal"], paint: { "fill-color": ["get", "color"], "fill-opacity": 0.4 } });
  map.addLayer({ id: `${SOURCE}/line`, type: "line", source: SOURCE, paint: { "line-color": ["get", "color"], "line-width": 2.5 } });
}
