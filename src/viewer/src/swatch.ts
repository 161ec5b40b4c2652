// Legend swatches, drawn from the style's own paint values.
import { fetchJson, here } from "./address";
import type { Layer } from "./catalog";
import type { LayerSpecification } from "./maplibre";
import { SPRITE } from "./style";

const WIDTH = 30;
const HEIGHT = 18;
const RATIO = 2; // drawn for fine screens, and with the sprites made for them
const ZOOM = 11; // swatches look like the map does here

interface Symbol {
  x: number;
  y: number;
  width: number;
  height: number;
}

export class Sprites {
  private constructor(private readonly symbols: Record<string, Symbol>, private readonly sheet: HTMLImageElement) {}

  static async load(): Promise<Sprites> {
    const sheet = new Image();
    sheet.src = `${here}${SPRITE}@2x.png`;
    const [symbols] = await Promise.all([fetchJson<Record<string, Symbol>>(`${SPRITE}@2x.json`), sheet.decode()]);
    return new Sprites(symbols, sheet);
  }

  /** One symbol of the sheet as a picture of its own. */
  picture(name: string): HTMLCanvasElement | undefined {
    const symbol = this.symbols[name];
    if (!symbol) return undefined;
    const canvas = document.createElement("canvas");
    canvas.width = symbol.width;
    canvas.height = symbol.height;
    canvas.getContext("2d")?.drawImage(this.sheet, symbol.x, symbol.y, symbol.width, symbol.height, 0, 0, symbol.width, symbol.height);
    return canvas;
  }
}

/** A paint value at the swatch's zoom: the style has constants and interpolations over zoom, nothing else. */
function atZoom(value: unknown): unknown {
  if (!Array.isArray(value) || value[0] !== "interpolate") return value;
  const base = value[1][0] === "exponential" ? value[1][1] : 1;
  const stops = value.slice(3) as number[];
  let i = 0;
  while (i + 4 < stops.length && stops[i + 2]! <= ZOOM) i += 2;
  const [z0, v0, z1, v1] = stops.slice(i, i + 4) as [number, number, number, number];
  const along = Math.max(0, Math.min(z1 - z0, ZOOM - z0));
  const share = base === 1 ? along / (z1 - z0) : (base ** along - 1) / (base ** (z1 - z0) - 1);
  return v0 + (v1 - v0) * share;
}

function drawPart(context: CanvasRenderingContext2D, part: LayerSpecification, geometry: Layer["geometry"], sprites: Sprites): void {
  const paint = Object.fromEntries(Object.entries(part.paint ?? {}).map(([name, value]) => [name, atZoom(value)]));
  const layout = (part.layout ?? {}) as Record<string, unknown>;
  const pattern = paint["fill-pattern"] ? sprites.picture(paint["fill-pattern"] as string) : undefined;

  if (part.type === "fill") {
    context.globalAlpha = (paint["fill-opacity"] as number | undefined) ?? 1;
    context.fillStyle = (pattern && context.createPattern(pattern, "repeat")) ?? (paint["fill-color"] as string | undefined) ?? "transparent";
    // A pattern is in the sprite's pixels, everything else in the page's.
    const scale = pattern ? RATIO : 1;
    context.scale(1 / scale, 1 / scale);
    context.fillRect(2 * scale, 2 * scale, (WIDTH - 4) * scale, (HEIGHT - 4) * scale);
  } else if (part.type === "line") {
    const width = (paint["line-width"] as number | undefined) ?? 1;
    const inset = 2 + ((paint["line-offset"] as number | undefined) ?? 0);
    context.globalAlpha = (paint["line-opacity"] as number | undefined) ?? 1;
    context.strokeStyle = paint["line-color"] as string;
    context.lineWidth = width;
    context.lineCap = (layout["line-cap"] as CanvasLineCap | undefined) ?? "butt";
    context.lineJoin = "round";
    context.setLineDash(((paint["line-dasharray"] as number[] | undefined) ?? []).map((length) => length * width));
    context.beginPath();
    if (geometry === "polygon") context.rect(inset, inset, WIDTH - 2 * inset, HEIGHT - 2 * inset);
    else context.moveTo(2, HEIGHT / 2), context.lineTo(WIDTH - 2, HEIGHT / 2);
    context.stroke();
  } else if (part.type === "symbol" && typeof layout["icon-image"] === "string") {
    const picture = sprites.picture(layout["icon-image"]);
    if (!picture) return;
    const [width, height] = [picture.width / RATIO, picture.height / RATIO];
    const copies = Math.max(1, Math.floor((WIDTH - 4) / (2 * width)));
    for (let i = 0; i < copies; i++) {
      const middle = (WIDTH * (i + 0.5)) / copies;
      context.drawImage(picture, middle - width / 2, (HEIGHT - height) / 2, width, height);
    }
  }
}

export function drawSwatch(parts: LayerSpecification[], geometry: Layer["geometry"], sprites: Sprites): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.className = "swatch";
  canvas.width = WIDTH * RATIO;
  canvas.height = HEIGHT * RATIO;
  canvas.setAttribute("aria-hidden", "true");
  const context = canvas.getContext("2d");
  if (!context) return canvas;
  context.scale(RATIO, RATIO);
  for (const part of parts) {
    context.save();
    drawPart(context, part, geometry, sprites);
    context.restore();
  }
  return canvas;
}
