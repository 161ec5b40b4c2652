// Editions of the plan: what is served now, `current`, and the revisions that were named.
import { fetchJson, fromHash, intoHash } from "./address";
import { text } from "./language";

export const CURRENT = "current";

/** One edition, as `/revisions` lists it. */
export interface Edition {
  name: string;
  /** The date of its adoption; null for the current one. */
  adopted: string | null;
}

/** The edition that the page's address names. */
export function editionInAddress(): string {
  return fromHash("edition") ?? CURRENT;
}

/** Starts the page anew with an edition, by default the current one: everything on it is of one edition. */
export function showEdition(name = CURRENT): void {
  intoHash("edition", name === CURRENT ? undefined : name);
  location.reload();
}

/** The path of what the server has of an edition, such as `layers.json` or `downloads/rivers@2023.fgb`. */
export function inEdition(name: string, edition: string, rest = ".json"): string {
  return edition === CURRENT ? name + rest : `${name}@${edition}${rest}`;
}

/** All editions, the current one first. */
export async function fetchEditions(): Promise<Edition[]> {
  return (await fetchJson<{ revisions: Edition[] }>("revisions")).revisions;
}

export function titleOf({ name, adopted }: Edition): string {
  if (name === CURRENT) return text("currentEdition");
  return adopted ? `${name}（${adopted}）` : name;
}
