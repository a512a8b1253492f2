/** From a value to a place in the colour table. */

import { diverging, viridis, type ColorTable } from "./colors";
import type { ScaleKind } from "./metrics";

export interface ColorScale {
  kind: ScaleKind;
  low: number;
  high: number;
  table: ColorTable;
  /** 0 to 255; the value is finite, and above zero on a log scale. */
  place(value: number): number;
}

// A healthy network spans a decade or so. On a narrower range than this, noise would look like a finding.
const LEAST_DECADES = 4;

/** A scale over the finite values: whole decades for `log`, 0 to 1 for `share`, symmetric about zero for `signed`. */
export function colorScale(kind: ScaleKind, values: readonly (readonly (number | null)[])[]): ColorScale {
  if (kind === "share") return linear(kind, 0, 1, viridis);
  if (kind === "signed") {
    const reach = largest(values) || 1;
    return linear(kind, -reach, reach, diverging);
  }
  return logarithmic(values);
}

function linear(kind: ScaleKind, low: number, high: number, table: ColorTable): ColorScale {
  const factor = 255 / (high - low);
  return { kind, low, high, table, place: (value) => clamp((value - low) * factor) };
}

function logarithmic(values: readonly (readonly (number | null)[])[]): ColorScale {
  const [from, to] = decades(values, LEAST_DECADES);
  const factor = 255 / (to - from);
  return {
    kind: "log",
    low: 10 ** from,
    high: 10 ** to,
    table: viridis,
    place: (value) => clamp((Math.log10(value) - from) * factor),
  };
}

/** The whole decades that hold every positive value, widened downwards to `least` of them. */
export function decades(values: readonly (readonly (number | null | undefined)[])[], least: number): [number, number] {
  let low = Infinity;
  let high = 0;
  for (const row of values) {
    for (const value of row) {
      if (value === null || value === undefined || value <= 0) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  if (high === 0) return [-least, 0];
  const to = Math.ceil(Math.log10(high));
  return [Math.min(Math.floor(Math.log10(low)), to - least), to];
}

function largest(values: readonly (readonly (number | null)[])[]): number {
  let size = 0;
  for (const row of values) for (const value of row) if (value !== null) size = Math.max(size, Math.abs(value));
  return size;
}

function clamp(place: number): number {
  return place < 0 ? 0 : place > 255 ? 255 : place | 0;
}
