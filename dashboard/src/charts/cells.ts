/**
 * The heatmap's pixels. A pixel shows the largest value of the steps it stands for; where the smallest lies far below,
 * the foot of the cell shows that one. What is not finite hides all else. A mark that is too narrow to be seen is made
 * wider, so that one step of a million stays visible.
 */

import type { ColorScale } from "../scale";
import { FIRST_PLACE, MISSING, ZERO, type Raster } from "./raster";
import { gather, pixelSpans, strip, widenBad, widenMarks, type Strip } from "./strip";
import type { StepRange } from "./zoom";

export interface CellColors {
  /** Where nothing was measured (yet). */
  missing: number;
  /** Between two layers. */
  gap: number;
  zero: number;
  /** Ground and hatch. */
  nonfinite: readonly [number, number];
}

/** No mark is narrower than this, in CSS pixels. */
export const LEAST_WIDTH = 4;

/**
 * Paints the steps of `range` over all of `image`, in device pixels; `ratio` = device pixels per CSS pixel.
 * `rasters` of the same layers, from coarse to fine: a coarse one is not asked where a fine one knows.
 */
export function paintCells(
  image: ImageData, rasters: readonly Raster[], range: StepRange, scale: ColorScale, colors: CellColors, ratio: number,
): void {
  const { width, height } = image;
  const pixels = new Uint32Array(image.data.buffer).fill(colors.gap);
  const layers = rasters[0]?.layers ?? 0;
  const gap = height / layers > 9 * ratio ? Math.round(ratio) : 0;
  const spans = pixelSpans(rasters, width, range);
  const cells = strip(width);
  const [upper, lower] = [new Uint32Array(width), new Uint32Array(width)];
  const palette = Uint32Array.of(colors.missing, colors.zero, ...scale.table);
  const least = Math.round(LEAST_WIDTH * ratio);
  for (let layer = 0; layer < layers; layer++) {
    cells.high.fill(MISSING);
    cells.low.fill(MISSING);
    cells.bad.fill(0);
    rasters.forEach((raster, place) => gather(cells, raster, layer, spans[place]!));
    widenMarks(cells, least, notable(scale));
    widenBad(cells.bad, least);
    const hatched = color(cells, palette, notable(scale), colors.nonfinite[0], upper, lower);
    const from = Math.round((layer * height) / layers);
    const to = Math.round(((layer + 1) * height) / layers) - gap;
    const foot = to - Math.max(Math.round(2 * ratio), Math.round((to - from) / 3));
    for (let y = from; y < to; y++) {
      pixels.set(y < foot ? upper : lower, y * width);
      for (const x of hatched) {
        if (Math.floor((x + y) / (2 * ratio)) % 3 === 0) pixels[y * width + x] = colors.nonfinite[1];
      }
    }
  }
}

/** Ranks by which a value stands out: a decade on a log scale, a quarter of any other. */
export function notable(scale: ColorScale): number {
  return scale.kind === "log" ? 255 / Math.log10(scale.high / scale.low) : 64;
}

/** Fills both rows of colours and answers the pixels that hold a non-finite value. */
function color(
  { high, low, bad }: Strip, palette: Uint32Array, far: number, nonfinite: number, upper: Uint32Array, lower: Uint32Array,
): number[] {
  const hatched: number[] = [];
  for (let x = 0; x < upper.length; x++) {
    if (bad[x]) {
      hatched.push(x);
      upper[x] = lower[x] = nonfinite;
      continue;
    }
    const [top, bottom] = [high[x]!, low[x]!];
    upper[x] = palette[top]!;
    const fell = bottom !== MISSING && (top - bottom >= far || (bottom === ZERO && top >= FIRST_PLACE));
    lower[x] = palette[fell ? bottom : top]!;
  }
  return hatched;
}
