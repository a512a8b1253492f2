/** Reading a `layout=columns` answer: which column holds a step, and what a cell means. */

import { count } from "./format";
import type { Columns } from "./shapes";

export type Cell = "missing" | "nonfinite" | "zero" | "value";

/** The last column that starts at or before `step`; 0 for an earlier step. */
export function columnAt(steps: readonly number[], step: number): number {
  let low = 0;
  let high = steps.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (steps[middle]! <= step) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** A bucket that holds one non-finite value counts as non-finite: it must not vanish behind its finite maximum. */
export function cellKind(columns: Columns, layer: number, column: number): Cell {
  if ((columns.nonfinite[layer]?.[column] ?? 0) > 0) return "nonfinite";
  const value = columns.values[layer]?.[column] ?? null;
  if (value === null) return "missing";
  return value === 0 ? "zero" : "value";
}

/** Whether each column is one recorded step. */
export function isRaw(columns: Columns): boolean {
  return columns.source_points <= columns.steps.length;
}

/** The first step after the last column. */
export function endOf(columns: Columns): number {
  const last = columns.steps.at(-1);
  return last === undefined ? 0 : last + Math.max(1, columns.bucket_steps);
}

/** The last column in which some layer has a finite value; the first where there is none. */
export function newestFinite(columns: Columns): number {
  for (let column = columns.steps.length - 1; column > 0; column--) {
    if (columns.values.some((row) => (row[column] ?? null) !== null)) return column;
  }
  return 0;
}

export interface Tally {
  zeros: number;
  nonfinite: number;
}

export function tally(columns: Columns): Tally {
  let zeros = 0;
  let nonfinite = 0;
  for (const row of columns.values) for (const value of row) if (value === 0) zeros++;
  for (const row of columns.nonfinite) for (const amount of row) nonfinite += amount;
  return { zeros, nonfinite };
}

/**
 * Where the step axis ends: the whole run, or while little of it is trained the smallest of its halves, quarters, …
 * that holds what there is. So the picture fills, and the axis moves seldom.
 */
export function axisEnd(trained: number, total: number, ended: boolean): number {
  // The last column may reach beyond the run.
  if (ended) return Math.max(1, total > 0 ? Math.min(trained, total) : trained);
  let end = Math.max(1, total, trained);
  while (end / 2 >= Math.max(trained, 16)) end = Math.ceil(end / 2);
  return end;
}

/** "step 17", or "steps 16 to 23" where a column stands for several. */
export function columnText(columns: Columns, column: number): string {
  const from = columns.steps[column] ?? 0;
  const to = (columns.steps[column + 1] ?? endOf(columns)) - 1;
  return to > from && columns.bucket_steps > 1 ? `steps ${count(from)} to ${count(to)}` : `step ${count(from)}`;
}
