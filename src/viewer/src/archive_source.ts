// Tiles from an archive instead of the server. `?archive=` in the page's address names it, or the style does: in a folder
// of files there is no server, and everything it would answer is a file.
import { here } from "./address";
import type { StyleSpecification } from "./maplibre";

const SCHEME = "pmtiles://";

/** Makes addresses whole, which in a folder of files are relative to the page, and tells whether the tiles are in an archive. */
export async function useArchive(style: StyleSpecification): Promise<boolean> {
  const whole = (address: string) => (/^[a-z]+:/.test(address) ? address : here + address);
  if (typeof style.sprite === "string") style.sprite = whole(style.sprite);
  if (style.glyphs) style.glyphs = whole(style.glyphs);

  const named = new URLSearchParams(location.search).get("archive");
  let archived = false;
  for (const source of Object.values(style.sources)) {
    if (source.type !== "vector") continue;
    if (named) source.url = SCHEME + named;
    if (!source.url?.startsWith(SCHEME)) continue;
    source.url = SCHEME + whole(source.url.slice(SCHEME.length));
    archived = true;
  }
  if (archived) {
    // What the server would do is hidden.
    document.documentElement.dataset["archived"] = "";
    (await import("./archive.js")).readArchives();
  }
  return archived;
}
