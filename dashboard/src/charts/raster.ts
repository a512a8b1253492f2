/** A trace as the painter reads it: small numbers in flat arrays, so that a million cells are looked through in a frame. */

import { columnAt, endOf } from "../columns";
import type { ColorScale } from "../scale";
import type { Columns } from "../shapes";
import type { StepRange } from "./zoom";

/** What was measured over some steps: the largest value of each column and, where columns are many steps, the smallest. */
export interface Picture {
  columns: Columns;
  low: Columns | null;
  /** The first step that it says nothing of. */
  end: number;
}

/** `end`: of what was asked for, or of the run; the last column may be shorter than the others. */
export function pictureOf(columns: Columns, low: Columns | null, end: number): Picture {
  const begun = (columns.steps.at(-1) ?? -1) + 1;
  return { columns, low: low && sameGrid(columns, low) ? low : null, end: Math.max(begun, Math.min(end, endOf(columns))) };
}

/** Whether a picture says something of `step`. */
export function knows({ columns, end }: Picture, step: number): boolean {
  return columns.steps.length > 0 && step >= columns.steps[0]! && step < end;
}

/** The steps of the column that holds `step`. */
export function cellAt({ columns, end }: Picture, step: number): StepRange {
  const column = columnAt(columns.steps, step);
  return { from: columns.steps[column]!, to: columns.steps[column + 1] ?? end };
}

/** Ranks of a cell, in order: not measured, zero on a log scale, and then the places of the colour table. */
export const MISSING = 0;
export const ZERO = 1;
export const FIRST_PLACE = 2;

export interface Raster {
  layers: number;
  columns: number;
  /** [columns + 1] where each column begins, and where the last one ends. */
  steps: Float64Array;
  /** [layers × columns] ranks of the largest and of the smallest value; the same array where they are the same. */
  high: Uint16Array;
  low: Uint16Array;
  /** [layers × columns] 1 where a value is not finite. */
  bad: Uint8Array;
}

export function rasterize({ columns, low, end }: Picture, scale: ColorScale): Raster {
  const [layers, size] = [columns.layers.length, columns.steps.length];
  const steps = Float64Array.from([...columns.steps, end]);
  const high = ranks(columns, scale);
  const bad = new Uint8Array(layers * size);
  columns.nonfinite.forEach((row, layer) => {
    for (let column = 0; column < size; column++) if (row[column]) bad[layer * size + column] = 1;
  });
  return { layers, columns: size, steps, high, low: low ? lowRanks(columns, low, scale, high) : high, bad };
}

/** Whether two traces of one metric have the same grid, as far as both go. */
export function sameGrid(one: Columns, other: Columns): boolean {
  return one.metric === other.metric && one.bucket_steps === other.bucket_steps && one.steps[0] === other.steps[0]
    && one.layers.length === other.layers.length;
}

function ranks(columns: Columns, scale: ColorScale): Uint16Array {
  const size = columns.steps.length;
  const answer = new Uint16Array(columns.layers.length * size);
  columns.values.forEach((row, layer) => {
    for (let column = 0; column < size; column++) {
      const value = row[column] ?? null;
      if (value === null) continue;
      answer[layer * size + column] = scale.kind === "log" && value <= 0 ? ZERO : FIRST_PLACE + scale.place(value);
    }
  });
  return answer;
}

/** `low` may be a moment older or younger than `columns`: what it does not tell is as high as it is low. */
function lowRanks(columns: Columns, low: Columns, scale: ColorScale, high: Uint16Array): Uint16Array {
  const [size, told] = [columns.steps.length, low.steps.length];
  const lows = ranks(low, scale);
  const answer = high.slice();
  for (let layer = 0; layer < columns.layers.length; layer++) {
    for (let column = 0; column < Math.min(size, told); column++) {
      const rank = lows[layer * told + column]!;
      if (rank !== MISSING && rank < answer[layer * size + column]!) answer[layer * size + column] = rank;
    }
  }
  return answer;
}
