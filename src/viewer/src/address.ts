// Where the server is, as this page reached it, and what the page's own address says.

/** The folder this page was loaded from, with a slash at its end. */
export const here = new URL(".", document.baseURI).href;

/** Fetches JSON from the server. */
export async function fetchJson<T>(path: string): Promise<T> {
  const response = await fetch(here + path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json() as Promise<T>;
}

/** A value behind the `#`, where the map keeps its view too: `#map=13/36.3/112.9&edition=2023`. */
export function fromHash(key: string): string | undefined {
  return new URLSearchParams(location.hash.slice(1)).get(key) ?? undefined;
}

/** Puts a value behind the `#`, or takes it away; nothing is loaded. */
export function intoHash(key: string, value: string | undefined): void {
  const others = location.hash.slice(1).split("&").filter((part) => part !== "" && !part.startsWith(`${key}=`));
  const parts = value === undefined ? others : [...others, `${key}=${encodeURIComponent(value)}`];
  history.replaceState(history.state, "", `#${parts.join("&")}`);
}
