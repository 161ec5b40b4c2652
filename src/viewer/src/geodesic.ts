// Lengths and areas on the ellipsoid of CGCS2000, not on the map's projection.
import geodesic from "geographiclib-geodesic";

const CGCS2000 = new geodesic.Geodesic.Geodesic(6378137, 1 / 298.257222101);

export type Position = [number, number];

/** Metres along the shortest lines between the positions, and round to the first where it is closed. */
export function lengthOf(positions: Position[], closed = false): number {
  const line = CGCS2000.Polygon(true);
  for (const [lng, lat] of closed && positions[0] ? [...positions, positions[0]] : positions) line.AddPoint(lat, lng);
  return line.Compute(false, true).perimeter;
}

/** Square metres inside a ring, which is closed by itself. */
export function areaOf(positions: Position[]): number {
  const ring = CGCS2000.Polygon(false);
  for (const [lng, lat] of positions) ring.AddPoint(lat, lng);
  return Math.abs(ring.Compute(false, true).area ?? 0);
}
