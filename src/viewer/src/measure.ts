// Measuring on the map: lengths and areas on the ellipsoid.
import { copiesOnClick } from "./clipboard";
import { planeText } from "./coordinate_text";
import { byId, element } from "./dom";
import { areaOf, lengthOf } from "./geodesic";
import { inLanguage, number, text } from "./language";
import type { Map as MapView } from "./maplibre";
import { whenPanelOpens } from "./panels";
import { Sketch, type Shape } from "./sketch";

const SHAPES = { line: "measureLength", ring: "measureArea" } as const;

export function showMeasure(map: MapView): void {
  let shape: Shape = "line";
  const values = element("dl", { id: "measured", "aria-live": "polite" });
  const corners = element("ol", { class: "corners" });
  const undo = element("button", { type: "button" });
  const clear = element("button", { type: "button" });
  const copy = element("button", { type: "button" });
  const sketch = new Sketch(map, show);

  undo.addEventListener("click", () => sketch.undo());
  clear.addEventListener("click", () => sketch.clear());
  copiesOnClick(copy, () => sketch.positions.map(([lng, lat], i) => `${i + 1}\t${lng.toFixed(7)}\t${lat.toFixed(7)}`).join("\n"));
  whenPanelOpens((name) => (name === "measure" ? sketch.start(shape) : sketch.stop()));
  inLanguage(render);

  function render(): void {
    const choice = Object.entries(SHAPES).map(([value, key]) => {
      const radio = element("input", { type: "radio", name: "measure", value, checked: value === shape });
      radio.addEventListener("change", () => sketch.start((shape = value as Shape)));
      return element("label", {}, radio, text(key));
    });
    [undo.textContent, clear.textContent, copy.textContent] = [text("undoPoint"), text("clear"), text("copyCorners")];
    byId("measure").replaceChildren(
      element("fieldset", { class: "choice" }, element("legend", { class: "unseen" }, text("measure")), ...choice),
      element("p", { class: "hint" }, text("measureHint")),
      values,
      element("div", { class: "line" }, undo, clear, copy),
      corners,
    );
    show();
  }

  function show(): void {
    const { positions } = sketch;
    const closed = shape === "ring" && positions.length > 2;
    const rows: [string, string][] = [[text(closed ? "perimeter" : "length"), metres(lengthOf(positions, closed))]];
    if (shape === "ring") rows.unshift([text("area"), squareMetres(closed ? areaOf(positions) : 0)]);
    values.replaceChildren(...rows.flatMap(([title, value]) => [element("dt", {}, title), element("dd", {}, value)]));
    corners.replaceChildren(...positions.map(([lng, lat]) => element("li", {}, planeText({ lng, lat }) || `${lng.toFixed(5)}, ${lat.toFixed(5)}`)));
    for (const button of [undo, clear, copy]) button.disabled = positions.length === 0;
  }
}

function metres(value: number): string {
  return value < 1000 ? `${number(value, 1)} m` : `${number(value / 1000)} km`;
}

function squareMetres(value: number): string {
  return `${number(value / 1e6, 4)} km² (${number(value / 1e4, 2)} ha)`;
}
