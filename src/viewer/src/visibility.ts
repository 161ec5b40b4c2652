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

  /** Once it has drawn its areas and lines, this map shows the same layers, symbols and names too. */
  attach(map: MapView): void {
    this.maps.add(map);
    map.once("load", () => this.apply(map));
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
    for (const map of this.maps) this.apply(map);
    intoHash(KEY, this.shown() === this.asStyled ? undefined : this.shown());
    for (const listener of this.listeners) listener();
  }

  private shown(): string {
    return this.layers.filter((id) => this.isShown(id)).join();
  }

  /** Touches only what is not yet so: a map cuts its tiles anew for each layer that it is told of. */
  private apply(map: MapView): void {
    for (const { id, layout, metadata } of map.getStyle().layers) {
      const layer = partMetadata({ metadata })["plantiles:layer"];
      if (layer === undefined) continue;
      const wanted = this.isShown(layer) ? "visible" : "none";
      if ((layout?.visibility ?? "visible") !== wanted) map.setLayoutProperty(id, "visibility", wanted);
    }
  }
}
