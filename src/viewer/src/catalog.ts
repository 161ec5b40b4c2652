// What the server serves: its layers, their fields and counts.
import type { Bilingual } from "./language";

export interface Field {
  name: string;
  type: "integer" | "real" | "text" | "date";
  title: Bilingual;
}

export interface Download {
  /** The ending of the file. */
  format: string;
  title: string;
}

export interface Layer {
  id: string;
  title: Bilingual;
  description: Bilingual;
  /** Where in the plan it stands. */
  source: string;
  group: "planning" | "status" | "base";
  geometry: "polygon" | "line" | "point";
  fields: Field[];
  /** Names its content. */
  snapshot: string;
  /** Formats of its files. */
  downloads: Download[];
  count: number;
  bounds: [number, number, number, number] | null;
  size: number;
}

export interface Catalog {
  version: string;
  source: "bundled" | "database";
  /** Where the plan's text is, if the server has it. */
  plan_text: string | null;
  /** Files of the whole plan. */
  downloads: { format: string; title: string; href: string }[];
  layers: Layer[];
}

/** The district's box, or the box of everything where the district is not among the layers. */
export function planBounds(catalog: Catalog): [number, number, number, number] | undefined {
  const district = catalog.layers.find((layer) => layer.id === "admin_boundary")?.bounds;
  if (district) return district;
  const boxes = catalog.layers.flatMap((layer) => (layer.bounds ? [layer.bounds] : []));
  if (boxes.length === 0) return undefined;
  return [
    Math.min(...boxes.map((b) => b[0])),
    Math.min(...boxes.map((b) => b[1])),
    Math.max(...boxes.map((b) => b[2])),
    Math.max(...boxes.map((b) => b[3])),
  ];
}
