/** Both traces, brought onto the same layers and the same step axis. */

import { columnAt, newestFinite } from "../../columns";
import type { Columns } from "../../shapes";
import { matchLayers, onRows, rowName, type Letter, type Row } from "./match";
import type { Side } from "./side";

export const LETTERS = ["a", "b"] as const;

export type Sides = Record<Letter, Side | null>;

export interface Pair {
  rows: readonly Row[];
  /** On the rows of both; null where there is none (yet). */
  traces: Record<Letter, Columns | null>;
  ids: Record<Letter, string | null>;
  names: Record<Letter, string>;
  /** Why there is no picture. */
  waiting: Record<Letter, string>;
  /** Of the step axis that both share. */
  end: number;
}

export function pairOf({ a, b }: Sides, metric: string): Pair {
  // A trace of another metric is on its way out: the two must never be drawn on one scale.
  const trace = (side: Side | null): Columns | null => (side?.trace?.metric === metric ? side.trace : null);
  const [left, right] = [trace(a), trace(b)];
  const rows = matchLayers(left?.layers ?? [], right?.layers ?? [], a?.network ?? [], b?.network ?? []);
  return {
    rows,
    traces: { a: left && onRows(left, rows, "a"), b: right && onRows(right, rows, "b") },
    ids: { a: a?.id ?? null, b: b?.id ?? null },
    names: { a: nameOf(a), b: nameOf(b) },
    waiting: { a: waiting(a), b: waiting(b) },
    end: Math.max(a?.job ? a.end : 1, b?.job ? b.end : 1),
  };
}

/** Where to look first: at a layer that is said to be ill, at the newest step that both have. Null while nothing is drawn. */
export function firstLook({ rows, traces }: Pair, ill: readonly string[]): { layer: string; step: number } | null {
  const measured = [traces.a, traces.b].flatMap((trace) => (trace && trace.steps.length > 0 ? [trace] : []));
  const [one] = measured;
  if (!one || rows.length === 0) return null;
  const step = Math.min(...measured.map((trace) => trace.steps[newestFinite(trace)]!));
  const layer = ill.find((name) => rows.some((row) => rowName(row) === name)) ?? rowName(rows[0]!);
  return { layer, step: one.steps[columnAt(one.steps, step)]! };
}

export function nameOf(side: Side | null): string {
  return side?.job?.name || side?.id || "nothing";
}

function waiting(side: Side | null): string {
  if (!side) return "No job is chosen.";
  if (!side.job) return side.trouble ?? "Loading…";
  if (side.job.state === "queued") return "The job waits for a worker.";
  if (side.job.state === "running") return "The first steps are on their way.";
  return side.job.progress.step ? "No layer of this network has this metric." : "This job left no trace.";
}
