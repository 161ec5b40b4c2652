// Reads tiles out of PMTiles archives. A file of its own, which is loaded only where a style names an archive.
import { Protocol } from "pmtiles";
import { maplibre } from "./maplibre";

/** From now on sources may have addresses that begin with `pmtiles://`. */
export function readArchives(): void {
  maplibre()?.addProtocol("pmtiles", new Protocol({ metadata: true }).tile);
}
