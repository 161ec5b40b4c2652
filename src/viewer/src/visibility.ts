// Which layers are shown.
import type { Map as MapView } from "./maplibre";
import type { PlanStyle } from "./style";
import { partMetadata } from "./style";

export class Visibility {
  private readonly hidden: Set<string>;
  private readonly maps = new Set<MapView>();

  /** Starts as the style says. */
  constructor(style: PlanStyle, layers: string[]) {
    this.hidden = new Set(layers.filter((id) => style.parts(id).every((part) => part.layout?.visibility === "none")));
  }

  /** From now on this map shows the same layers; there is none in a browser that cannot draw it. */
  attach(map: MapView): void {
    this.maps.add(map);
    map.once("load", () => {
      for (const id of this.hidden) show(map, id, false);
    });
  }

  detach(map: MapView): void {
    this.maps.delete(map);
  }

  isShown(layer: string): boolean {
    return !this.hidden.has(layer);
  }

  set(layer: string, shown: boolean): void {
    if (shown) this.hidden.delete(layer);
    else this.hidden.add(layer);
    for (const map of this.maps) show(map, layer, shown);
  }
}

function show(map: MapView, layer: string, shown: boolean): void {
  for (const part of map.getStyle().layers) {
    if (partMetadata(part)["plantiles:layer"] === layer) map.setLayoutProperty(part.id, "visibility", shown ? "visible" : "none");
  }
}
