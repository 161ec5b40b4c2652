// Coordinates as people write and read them: decimal degrees, degrees, minutes and seconds, and Gauss-Krüger.
import { fromPlane, toPlane, zoneAt, zoneWidth } from "./gauss_krueger";
import { text } from "./language";

export interface Place {
  lng: number;
  lat: number;
}

/** Degrees, minutes and seconds to a tenth: about three metres. */
export function dms(degrees: number, positive: string, negative: string): string {
  const tenths = Math.round(Math.abs(degrees) * 36000);
  const [d, m, s] = [Math.floor(tenths / 36000), Math.floor(tenths / 600) % 60, (tenths % 600) / 10];
  return `${d}°${String(m).padStart(2, "0")}′${s.toFixed(1).padStart(4, "0")}″${degrees < 0 ? negative : positive}`;
}

export function decimalText({ lng, lat }: Place): string {
  return `${lng.toFixed(5)}, ${lat.toFixed(5)}`;
}

export function dmsText({ lng, lat }: Place): string {
  return `${dms(lng, "E", "W")} ${dms(lat, "N", "S")}`;
}

/** x north and y east in the zone of 3°, which is told; empty outside China's zones. */
export function planeText({ lng, lat }: Place): string {
  const zone = zoneAt(lng);
  if (zone === undefined || Math.abs(lat) > 84) return "";
  const { x, y } = toPlane(lng, lat, zone);
  return `X ${x.toFixed(1)} Y ${y.toFixed(1)} (${text("zone")} ${zone})`;
}

/** What was read, and as what; or why it cannot be. */
export type Reading = { place: Place; as: "asDegrees" | "asPlane"; zone?: number } | { error: "needTwo" | "needZone" | "notInChina" };

/** Reads a pair in either order: in China a latitude is below any longitude, and a y with its zone has eight digits. */
export function readPlace(written: string): Reading {
  const values = angles(written) ?? numbers(written);
  if (values?.length !== 2) return { error: "needTwo" };
  const [small, large] = [...values].sort((a, b) => a - b) as [number, number];
  if (large <= 180) return small >= 3 && small <= 54 && large >= 73 && large <= 136 ? { place: { lng: large, lat: small }, as: "asDegrees" } : { error: "notInChina" };
  const zone = Math.floor(large / 1_000_000);
  if (zoneWidth(zone) === undefined) return { error: large < 10_000_000 ? "needZone" : "notInChina" };
  const place = fromPlane({ x: small, y: large, zone });
  return place.lat >= 3 && place.lat <= 54 ? { place, as: "asPlane", zone } : { error: "notInChina" };
}

function numbers(written: string): number[] | undefined {
  return written.match(/\d+(\.\d+)?/g)?.map(Number);
}

/** Angles with a sign for degrees; the letters of the hemispheres say nothing that the values do not. */
function angles(written: string): number[] | undefined {
  const found = written.matchAll(/(\d+(?:\.\d+)?)\s*[°度]\s*(?:(\d+(?:\.\d+)?)\s*[′'’分]\s*)?(?:(\d+(?:\.\d+)?)\s*(?:[″"”秒]|''|′′))?/g);
  const values = [...found].map(([, d, m = "0", s = "0"]) => Number(d) + Number(m) / 60 + Number(s) / 3600);
  return values.length > 0 ? values : undefined;
}
