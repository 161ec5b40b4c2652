// A line or a ring that the reader draws on the map: by clicks, or with the keyboard at the map's centre.
import { giveClicksBack, takeClicks } from "./clicks";
import type { Position } from "./geodesic";
import type { GeoJSONSource, Map as MapView } from "./maplibre";

export type Shape = "line" | "ring";

const SOURCE = "sketch";
const COLOR = "#c2255c";

/** What is drawn, as long as the tool is at work. Backspace takes the last point back, Enter puts one at the centre. */
export class Sketch {
  positions: Position[] = [];
  private active = false;
  private shape: Shape = "line";

  constructor(private readonly map: MapView, private readonly changed: () => void) {
    map.on("click", (event) => this.active && this.add(event.lngLat.toArray()));
    map.getCanvas().addEventListener("keydown", (event) => {
      if (!this.active) return;
      if (event.key === "Enter") this.add(map.getCenter().toArray());
      else if (event.key === "Backspace") this.undo();
      else return;
      event.preventDefault();
    });
  }

  start(shape: Shape): void {
    this.active = true;
    this.shape = shape;
    takeClicks();
    this.map.doubleClickZoom.disable();
    this.map.getCanvas().classList.add("drawing");
    this.draw();
  }

  stop(): void {
    if (!this.active) return;
    this.active = false;
    giveClicksBack();
    this.map.doubleClickZoom.enable();
    this.map.getCanvas().classList.remove("drawing");
    this.positions = [];
    this.draw();
  }

  add([lng, lat]: [number, number]): void {
    this.positions.push([lng, lat]);
    this.draw();
  }

  undo(): void {
    this.positions.pop();
    this.draw();
  }

  clear(): void {
    this.positions = [];
    this.draw();
  }

  private draw(): void {
    const closed = this.shape === "ring" && this.positions.length > 2;
    const ring = closed ? [...this.positions, this.positions[0]!] : this.positions;
    const geometry: GeoJSON.Geometry[] = this.positions.map((position) => ({ type: "Point", coordinates: position }));
    if (ring.length > 1) geometry.push({ type: "LineString", coordinates: ring });
    if (closed) geometry.push({ type: "Polygon", coordinates: [ring] });
    this.source().setData({ type: "FeatureCollection", features: geometry.map((shape) => ({ type: "Feature", properties: {}, geometry: shape })) });
    this.changed();
  }

  private source(): GeoJSONSource {
    const { map } = this;
    if (!map.getSource(SOURCE)) {
      map.addSource(SOURCE, { type: "geojson", data: { type: "FeatureCollection", features: [] } });
      map.addLayer({ id: `${SOURCE}/fill`, type: "fill", source: SOURCE, filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": COLOR, "fill-opacity": 0.18 } });
      map.addLayer({ id: `${SOURCE}/line`, type: "line", source: SOURCE, filter: ["==", ["geometry-type"], "LineString"], paint: { "line-color": COLOR, "line-width": 2.5, "line-dasharray": [3, 1.5] } });
      map.addLayer({ id: `${SOURCE}/point`, type: "circle", source: SOURCE, filter: ["==", ["geometry-type"], "Point"], paint: { "circle-color": "#fff", "circle-radius": 4.5, "circle-stroke-color": COLOR, "circle-stroke-width": 2.5 } });
    }
    return map.getSource(SOURCE) as GeoJSONSource;
  }
}
