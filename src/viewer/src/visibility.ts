// Which layers are shown.
import type { Map as MapView } from "./maplibre";
import type { PlanStyle } from "./style";
import { partMetadata } from "./style";

export class Visibility {
  private readonly hidden: Set<string>;
  private map: MapView | undefined;

  /** Starts as the style says. */
  constructor(style: PlanStyle, layers: string[]) {
    this.hidden = new Set(layers.filter((id) => style.parts(id).every((part) => part.layout?.visibility === "none")));
  }

  /** From now on changes show on this map; there is none in a browser that cannot draw it. */
  attach(map: MapView): void {
    this.map = map;
  }

  isShown(layer: string): boolean {
    return !this.hidden.has(layer);
  }

  set(layer: string, shown: boolean): void {
    if (shown) this.hidden.delete(layer);
    else this.hidden.add(layer);
    for (const part of this.map?.getStyle().layers ?? []) {
      if (partMetadata(part)["plantiles:layer"] === layer) this.map?.setLayoutProperty(part.id, "visibility", shown ? "visible" : "none");
    }
  }
}
