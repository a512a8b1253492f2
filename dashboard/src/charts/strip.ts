/** One layer of the heatmap, pixel by pixel. */

import { MISSING, ZERO, type Raster } from "./raster";
import type { StepRange } from "./zoom";

/** [width] ranks of the largest and the smallest value of each pixel, and 1 where one is not finite. */
export interface Strip {
  high: Uint16Array;
  low: Uint16Array;
  bad: Uint8Array;
}

export function strip(width: number): Strip {
  return { high: new Uint16Array(width), low: new Uint16Array(width), bad: new Uint8Array(width) };
}

/** For each raster and pixel the columns [from, to) it stands for: none where a later raster knows the whole pixel. */
export function pixelSpans(rasters: readonly Raster[], width: number, range: StepRange): Int32Array[] {
  const known = new Uint8Array(width);
  return [...rasters].reverse().map((raster) => spansOf(raster, width, range, known)).reverse();
}

function spansOf({ steps, columns }: Raster, width: number, range: StepRange, known: Uint8Array): Int32Array {
  const spans = new Int32Array(2 * width);
  if (columns === 0) return spans;
  const perPixel = (range.to - range.from) / width;
  const [begin, end] = [steps[0]!, steps[columns]!];
  let column = 0;
  for (let x = 0; x < width; x++) {
    const from = range.from + x * perPixel;
    const to = from + perPixel;
    if (known[x] || to <= begin || from >= end) continue;
    while (column + 1 < columns && steps[column + 1]! <= from) column++;
    let last = column;
    while (last + 1 < columns && steps[last + 1]! < to) last++;
    spans[2 * x] = column;
    spans[2 * x + 1] = last + 1;
    if (from >= begin && to <= end) known[x] = 1;
  }
  return spans;
}

/** Adds to each pixel what a raster says of one layer. */
export function gather({ high, low, bad }: Strip, raster: Raster, layer: number, spans: Int32Array): void {
  const base = layer * raster.columns;
  for (let x = 0; x < high.length; x++) {
    let most = high[x]!;
    let least = low[x]!;
    let broken = bad[x]!;
    for (let cell = base + spans[2 * x]!; cell < base + spans[2 * x + 1]!; cell++) {
      const top = raster.high[cell]!;
      const bottom = raster.low[cell]!;
      if (top > most) most = top;
      if (bottom !== MISSING && (least === MISSING || bottom < least)) least = bottom;
      broken |= raster.bad[cell]!;
    }
    high[x] = most;
    low[x] = least;
    bad[x] = broken;
  }
}

/** Peaks and dips that stand out by `far` ranks from what is around them become at least `least` pixels wide. */
export function widenMarks({ high, low }: Strip, least: number, far: number): void {
  widen(high, least, 1, (value, other) => value - other >= far);
  widen(low, least, -1, (value, other) => other - value >= far || (value === ZERO && other > ZERO));
}

/** Every run of ones becomes at least `least` wide. */
export function widenBad(bad: Uint8Array, least: number): void {
  eachRun(bad.length, (x) => bad[x] !== 0, (from, to) => {
    const [first, last] = grown(from, to, least, bad.length);
    bad.fill(1, first, last);
    return last;
  });
}

/** `sign` 1: upwards, -1: downwards. */
function widen(ranks: Uint16Array, least: number, sign: 1 | -1, standsOut: (value: number, other: number) => boolean): void {
  // At the edge of the picture, and beside what was not measured, one side is enough.
  const stands = (value: number, x: number): boolean | null => {
    const other = ranks[x] ?? MISSING;
    return other === MISSING ? null : standsOut(value, other);
  };
  const marked = (x: number): boolean => {
    const value = ranks[x]!;
    if (value === MISSING) return false;
    const [left, right] = [stands(value, x - least), stands(value, x + least)];
    return left !== false && right !== false && (left === true || right === true);
  };
  eachRun(ranks.length, marked, (from, to) => {
    const mark = sign * ranks.subarray(from, to).reduce((most, rank) => Math.max(most, sign * rank), -Infinity);
    const [first, last] = grown(from, to, least, ranks.length);
    for (let x = first; x < last; x++) if (ranks[x] !== MISSING && sign * (mark - ranks[x]!) > 0) ranks[x] = mark;
    return last;
  });
}

/** Calls `found` for each run [from, to) of pixels that hold; it answers where to go on. */
function eachRun(size: number, holds: (x: number) => boolean, found: (from: number, to: number) => number): void {
  let x = 0;
  while (x < size) {
    if (!holds(x)) {
      x++;
      continue;
    }
    const from = x;
    while (x < size && holds(x)) x++;
    x = found(from, x);
  }
}

/** The run [from, to), or as many as `least` pixels around its middle, inside [0, size). */
function grown(from: number, to: number, least: number, size: number): [number, number] {
  const missing = Math.max(0, least - (to - from));
  const first = Math.max(0, Math.min(size - least, from - (missing >> 1)));
  return [first, Math.max(to, first + (missing > 0 ? least : to - from))];
}
