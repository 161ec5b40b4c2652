// Gauss-Krüger coordinates of CGCS2000, as Chinese maps and licences write them: x north, y east with 500 km and the zone before it,
// in metres. Zones of 6° are numbered 13 to 23, zones of 3° 25 to 45, so a number tells its width (GB/T 17798, EPSG:4491–4533).
//
// Krüger's series to the fourth power of n (OGP Publication 373-7-2, §3.2.3, "Transverse Mercator", JHS formulas): better than a
// millimetre within a zone.

const A = 6378137;
const F = 1 / 298.257222101;
const N = F / (2 - F);
const E = Math.sqrt(F * (2 - F));
/** Radius of the sphere on which the series are. */
const B = (A / (1 + N)) * (1 + N ** 2 / 4 + N ** 4 / 64);
const FORWARD = [
  N / 2 - (2 / 3) * N ** 2 + (5 / 16) * N ** 3 + (41 / 180) * N ** 4,
  (13 / 48) * N ** 2 - (3 / 5) * N ** 3 + (557 / 1440) * N ** 4,
  (61 / 240) * N ** 3 - (103 / 140) * N ** 4,
  (49561 / 161280) * N ** 4,
];
const INVERSE = [
  N / 2 - (2 / 3) * N ** 2 + (37 / 96) * N ** 3 - (1 / 360) * N ** 4,
  (1 / 48) * N ** 2 + (1 / 15) * N ** 3 - (437 / 1440) * N ** 4,
  (17 / 480) * N ** 3 - (37 / 840) * N ** 4,
  (4397 / 161280) * N ** 4,
];
const FALSE_EASTING = 500_000;
const ZONE = 1_000_000;
const RADIANS = Math.PI / 180;

export interface Plane {
  /** North of the equator, m. */
  x: number;
  /** East, m, with the zone's number in the millions. */
  y: number;
  zone: number;
}

/** Width of a zone, degrees; undefined where China has no such zone. */
export function zoneWidth(zone: number): 3 | 6 | undefined {
  if (zone >= 13 && zone <= 23) return 6;
  return zone >= 25 && zone <= 45 ? 3 : undefined;
}

function meridian(zone: number): number {
  return zoneWidth(zone) === 6 ? 6 * zone - 3 : 3 * zone;
}

/** The zone of 3° in which a longitude lies, undefined outside China's. */
export function zoneAt(longitude: number): number | undefined {
  const zone = Math.round(longitude / 3);
  return zoneWidth(zone) === 3 ? zone : undefined;
}

/** Degrees to metres in a zone. */
export function toPlane(longitude: number, latitude: number, zone: number): Plane {
  const [phi, lambda] = [latitude * RADIANS, (longitude - meridian(zone)) * RADIANS];
  const q = Math.asinh(Math.tan(phi)) - E * Math.atanh(E * Math.sin(phi));
  const beta = Math.atan(Math.sinh(q));
  const eta0 = Math.atanh(Math.cos(beta) * Math.sin(lambda));
  const xi0 = Math.asin(Math.sin(beta) * Math.cosh(eta0));
  let [xi, eta] = [xi0, eta0];
  FORWARD.forEach((h, i) => {
    xi += h * Math.sin(2 * (i + 1) * xi0) * Math.cosh(2 * (i + 1) * eta0);
    eta += h * Math.cos(2 * (i + 1) * xi0) * Math.sinh(2 * (i + 1) * eta0);
  });
  return { x: B * xi, y: zone * ZONE + FALSE_EASTING + B * eta, zone };
}

/** Metres with the zone before y to degrees. */
export function fromPlane({ x, y, zone }: Plane): { lng: number; lat: number } {
  const [xi, eta] = [x / B, (y - zone * ZONE - FALSE_EASTING) / B];
  let [xi0, eta0] = [xi, eta];
  INVERSE.forEach((h, i) => {
    xi0 -= h * Math.sin(2 * (i + 1) * xi) * Math.cosh(2 * (i + 1) * eta);
    eta0 -= h * Math.cos(2 * (i + 1) * xi) * Math.sinh(2 * (i + 1) * eta);
  });
  const beta = Math.asin(Math.sin(xi0) / Math.cosh(eta0));
  const q = Math.asinh(Math.tan(beta));
  let qi = q + E * Math.atanh(E * Math.tanh(q));
  for (let i = 0; i < 4; i += 1) qi = q + E * Math.atanh(E * Math.tanh(qi));
  return { lng: meridian(zone) + Math.asin(Math.tanh(eta0) / Math.cos(beta)) / RADIANS, lat: Math.atan(Math.sinh(qi)) / RADIANS };
}
