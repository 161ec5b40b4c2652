// The map style, and what its metadata says about layers and legend classes.
import { fetchJson, here } from "./address";
import { inEdition } from "./edition";
import type { Bilingual } from "./language";
import type { LayerSpecification, StyleSpecification } from "./maplibre";
import { theme } from "./theme";

export interface LegendClass extends Bilingual {
  id: string;
}

interface StyleMetadata {
  "plantiles:title": Bilingual;
  "plantiles:classes": Record<string, LegendClass[]>;
}

interface PartMetadata {
  "plantiles:layer"?: string;
  "plantiles:class"?: string;
  "plantiles:label"?: boolean;
}

/** The style of the page's theme. */
const NAME = theme === "dark" ? "plan-dark" : "plan";
export const SPRITE = `sprites/${NAME}`;

export class PlanStyle {
  constructor(readonly specification: StyleSpecification) {}

  static async load(edition: string): Promise<PlanStyle> {
    return new PlanStyle(await fetchJson<StyleSpecification>(inEdition(`styles/${NAME}`, edition)));
  }

  /** The plan's title; that of a style has the theme behind it. */
  get title(): Bilingual {
    const { zh, en } = this.metadata["plantiles:title"];
    return { zh: zh.replace(/（深色）$/, ""), en: en.replace(/ \(dark\)$/, "") };
  }

  /** The server's public address, for other programs; addresses in the style are made from it. */
  get published(): string {
    const sprite = this.specification.sprite;
    return typeof sprite === "string" && sprite.endsWith(SPRITE) ? sprite.slice(0, -SPRITE.length) : here;
  }

  /** Legend classes of a layer, none where all its features are drawn alike. */
  classes(layer: string): LegendClass[] {
    return this.metadata["plantiles:classes"][layer] ?? [];
  }

  /** Style layers that draw a data layer, from the ground up. */
  parts(layer: string): LayerSpecification[] {
    return this.specification.layers.filter((part) => partMetadata(part)["plantiles:layer"] === layer);
  }

  /** Style layers that draw one legend class, without its names. */
  symbols(layer: string, legendClass?: string): LayerSpecification[] {
    return this.parts(layer).filter((part) => {
      const metadata = partMetadata(part);
      return !metadata["plantiles:label"] && metadata["plantiles:class"] === legendClass;
    });
  }

  private get metadata(): StyleMetadata {
    return this.specification.metadata as StyleMetadata;
  }
}

export function partMetadata(part: { metadata?: unknown }): PartMetadata {
  return (part.metadata ?? {}) as PartMetadata;
}
