// What differs between two editions, drawn on the maps from its own tileset.
import type { Layer } from "./catalog";
import type { FilterSpecification, LayerSpecification, Map as MapView } from "./maplibre";

export type Kind = "added" | "removed" | "changed";

/** Told apart also by those who see red and green alike. */
export const COLORS: Record<Kind, string> = { added: "#0a8f5b", removed: "#c92a2a", changed: "#e08600" };

/** Which features of the difference are on the map of the old edition, and which on that of the new one. */
const SIDES = { old: { removed: "removed", changed: "changed_from" }, new: { added: "added", changed: "changed_to" } } as const;
export type Side = keyof typeof SIDES;

const SOURCE = "changes";
const MARKED = `${SOURCE}/marked`;

/** What is drawn of a kind of geometry: type and paint of each part. */
const PARTS: Record<Layer["geometry"], (color: string) => [string, object][]> = {
  polygon: (color) => [["fill", { "fill-color": color, "fill-opacity": 0.35 }], ...PARTS.line(color)],
  line: (color) => [["line", { "line-color": color, "line-width": 2.5 }]],
  point: (color) => [["circle", { "circle-color": color, "circle-radius": 6, "circle-stroke-color": "#fff", "circle-stroke-width": 1.5 }]],
};

const MARK: Record<Layer["geometry"], [string, object]> = {
  polygon: ["line", { "line-color": "#ffd400", "line-width": 6, "line-opacity": 0.9 }],
  line: ["line", { "line-color": "#ffd400", "line-width": 6, "line-opacity": 0.9 }],
  point: ["circle", { "circle-opacity": 0, "circle-radius": 10, "circle-stroke-color": "#ffd400", "circle-stroke-width": 4 }],
};

type DrawnLayer = Pick<Layer, "id" | "geometry">;

/** Draws the changes of `layers`, whose TileJSON is at `url`, on the map of one side. */
export function drawChanges(map: MapView, url: string, layers: DrawnLayer[], side: Side): void {
  map.addSource(SOURCE, { type: "vector", url });
  for (const layer of layers) {
    for (const [kind, value] of Object.entries(SIDES[side])) {
      for (const [type, paint] of PARTS[layer.geometry](COLORS[kind as Kind])) {
        addPart(map, `${SOURCE}/${layer.id}/${kind}/${type}`, layer.id, type, ["==", ["get", "change"], value], paint);
      }
    }
  }
}

/** Marks the feature `id` of the difference and takes the mark off any other. */
export function markChange(map: MapView, layer: DrawnLayer, id: number): void {
  if (map.getLayer(MARKED)) map.removeLayer(MARKED);
  const [type, paint] = MARK[layer.geometry];
  addPart(map, MARKED, layer.id, type, ["==", ["id"], id], paint);
}

function addPart(map: MapView, id: string, layer: string, type: string, filter: FilterSpecification, paint: object): void {
  map.addLayer({ id, type, source: SOURCE, "source-layer": layer, filter, paint } as LayerSpecification);
}

export function eraseChanges(map: MapView): void {
  for (const { id } of map.getStyle().layers) if (id.startsWith(`${SOURCE}/`)) map.removeLayer(id);
  if (map.getSource(SOURCE)) map.removeSource(SOURCE);
}
