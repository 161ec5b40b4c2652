// Where the server is: as this page reached it, and as it publishes itself.

/** The folder this page was loaded from, with a slash at its end. */
export const here = new URL(".", document.baseURI).href;

/** Fetches JSON from the server. */
export async function fetchJson<T>(path: string): Promise<T> {
  const response = await fetch(here + path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json() as Promise<T>;
}
