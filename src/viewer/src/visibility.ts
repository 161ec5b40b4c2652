// Which layers are shown. The address says so where it is not as the style has it: `#layers=mining_blocks,roads`.
import { fromHash, intoHash } from "./address";
import type { Map as MapView } from "./maplibre";
import type { PlanStyle } from "./style";
import { partMetadata } from "./style";

const KEY = "layers";

export class Visibility {
  private readonly hidden: Set<string>;
  private readonly asStyled: string;
  private readonly maps = new Set<MapView>();
  private readonly listeners: (() => void)[] = [];

  constructor(style: PlanStyle, private readonly layers: string[]) {
    this.hidden = new Set(layers.filter((id) => style.parts(id).every((part) => part.layout?.visibility === "none")));
    this.asStyled = this.shown();
    const wanted = fromHash(KEY)?.split(",");
    if (wanted) this.hidden = new Set(layers.filter((id) => !wanted.includes(id)));
  }

  /** From now on this map shows the same layers; there is none in a browser that cannot draw it. */
  attach(map: MapView): void {
    this.maps.add(map);
    map.once("load", () => {
      for (const id of this.layers) show(map, id, this.isShown(id));
    });
  }

  detach(map: MapView): void {
    this.maps.delete(map);
  }

  /** Tells when a layer is shown or hidden. */
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  isShown(layer: string): boolean {
    return !this.hidden.has(layer);
  }

  set(layer: string, shown: boolean): void {
    if (shown) this.hidden.delete(layer);
    else this.hidden.add(layer);
    for (const map of this.maps) show(map, layer, shown);
    intoHash(KEY, this.shown() === this.asStyled ? undefined : this.shown());
    for (const listener of this.listeners) listener();
  }

  private shown(): string {
    return this.layers.filter((id) => this.isShown(id)).join();
  }
}

function show(map: MapView, layer: string, shown: boolean): void {
  for (const part of map.getStyle().layers) {
    if (partMetadata(part)["plantiles:layer"] === layer) map.setLayoutProperty(part.id, "visibility", shown ? "visible" : "none");
  }
}
