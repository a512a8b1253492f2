/** The heatmap's pixels: one row of colours per layer, the largest value where several columns share a pixel. */

import { endOf } from "../columns";
import type { ColorScale } from "../scale";
import type { Columns } from "../shapes";

export interface CellColors {
  /** Where nothing was measured (yet). */
  missing: number;
  /** Between two layers. */
  gap: number;
  zero: number;
  /** Ground and hatch. */
  nonfinite: readonly [number, number];
}

/** Paints `width` × `height` device pixels that stand for steps 0 to `end`. `ratio` = device pixels per CSS pixel. */
export function paintCells(
  columns: Columns, scale: ColorScale, colors: CellColors, width: number, height: number, end: number, ratio: number,
): ImageData {
  const image = new ImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer).fill(colors.gap);
  const spans = columnSpans(columns, width, end);
  const layers = columns.layers.length;
  const gap = height / layers > 9 * ratio ? Math.round(ratio) : 0;
  const row = new Uint32Array(width);
  for (let layer = 0; layer < layers; layer++) {
    const hatched = paintRow(row, columns, layer, spans, scale, colors);
    const from = Math.round((layer * height) / layers);
    const to = Math.round(((layer + 1) * height) / layers) - gap;
    for (let y = from; y < to; y++) {
      pixels.set(row, y * width);
      for (const x of hatched) {
        if (Math.floor((x + y) / (2 * ratio)) % 3 === 0) pixels[y * width + x] = colors.nonfinite[1];
      }
    }
  }
  return image;
}

/** Fills `row` and answers the pixels that hold a non-finite value. */
function paintRow(
  row: Uint32Array, columns: Columns, layer: number, spans: Int32Array, scale: ColorScale, colors: CellColors,
): number[] {
  const values = columns.values[layer] ?? [];
  const counts = columns.nonfinite[layer] ?? [];
  const hatched: number[] = [];
  for (let x = 0; x < row.length; x++) {
    let most: number | null = null;
    let bad = false;
    for (let column = spans[2 * x]!; column < spans[2 * x + 1]!; column++) {
      if (counts[column]) bad = true;
      const value = values[column] ?? null;
      if (value !== null && (most === null || value > most)) most = value;
    }
    if (bad) hatched.push(x);
    row[x] = bad ? colors.nonfinite[0] : cellColor(most, scale, colors);
  }
  return hatched;
}

function cellColor(value: number | null, scale: ColorScale, colors: CellColors): number {
  if (value === null) return colors.missing;
  if (scale.kind === "log" && value <= 0) return colors.zero;
  return scale.table[scale.place(value)]!;
}

/** For each pixel the columns [from, to) it stands for; empty after the last one. */
function columnSpans(columns: Columns, width: number, end: number): Int32Array {
  const spans = new Int32Array(2 * width);
  const { steps } = columns;
  const stop = endOf(columns);
  let column = 0;
  for (let x = 0; x < width; x++) {
    const from = (x * end) / width;
    const to = ((x + 1) * end) / width;
    if (steps.length === 0 || from >= stop) continue;
    while (column + 1 < steps.length && steps[column + 1]! <= from) column++;
    let last = column;
    while (last + 1 < steps.length && steps[last + 1]! < to) last++;
    spans[2 * x] = column;
    spans[2 * x + 1] = last + 1;
  }
  return spans;
}
