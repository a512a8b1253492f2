/** The way of both gradients through their networks, in one chart. */

import { Plot } from "../../charts/plot";
import { columnAt, endOf } from "../../columns";
import { Figure } from "../../figure";
import { count, number } from "../../format";
import type { Metric } from "../../metrics";
import type { Selection } from "../../selection";
import type { Columns } from "../../shapes";
import { rowName, type Letter } from "./match";
import type { Pair } from "./pair";

type Values = (number | null)[];

export class ProfilePair {
  readonly element: HTMLElement;
  private readonly figure: Figure;
  private readonly plot: Plot;
  private pair: Pair | null = null;

  constructor(private readonly selection: Selection, signal: AbortSignal) {
    this.plot = new Plot(
      {
        lines: [{ label: "A", color: 0, points: true }, { label: "B", color: 2, points: true }],
        xLabel: "layer", height: 220,
        xText: (place, where) => (where === "axis" ? short(this.nameAt(place)) : this.nameAt(place)),
        onPick: (place) => selection.set({ layer: this.nameAt(place) || null }),
      },
      signal,
    );
    this.figure = new Figure("profile", "Depth profile", [this.plot.element]);
    this.element = this.figure.element;
  }

  show(metric: Metric, pair: Pair, step: number | null): void {
    this.pair = pair;
    const lines = { a: at(pair.traces.a, step), b: at(pair.traces.b, step) };
    const where = (["a", "b"] as const).flatMap((letter) => stepOf(pair.traces[letter], step, letter));
    this.figure.describe(`${metric.label} from the first layer to the last. ${where.join(", ")}.`);
    const ends = (letter: Letter): string => `${letter.toUpperCase()} ${number(firstOf(lines[letter]))} in its first layer, ${number(lastOf(lines[letter]))} in its last`;
    const nothing: Values = pair.rows.map(() => null);
    this.plot.show({
      x: pair.rows.map((_, place) => place),
      lines: [lines.a ?? nothing, lines.b ?? nothing],
      xRange: [-0.5, Math.max(0.5, pair.rows.length - 0.5)],
      y: metric.scale === "signed" ? "linear" : metric.scale,
      description: `${metric.label} by layer: ${ends("a")}; ${ends("b")}.`,
    });
    const place = pair.rows.findIndex((row) => rowName(row) === this.selection.layer);
    this.plot.mark(place < 0 ? null : place);
    this.figure.setTable(() => ({
      caption: `${metric.label} by layer`,
      columns: ["layer", "A", "B"],
      rows: pair.rows.map((row, index) => [rowName(row), number(lines.a?.[index]), number(lines.b?.[index])]),
    }));
  }

  private nameAt(place: number): string {
    const row = this.pair?.rows[place];
    return row ? rowName(row) : "";
  }
}

/** Values at the step, or at the last one there is. */
function at(columns: Columns | null, step: number | null): Values | null {
  if (!columns || columns.steps.length === 0) return null;
  const column = columnAt(columns.steps, step ?? 0);
  return columns.values.map((row) => row[column] ?? null);
}

function stepOf(columns: Columns | null, step: number | null, letter: Letter): string[] {
  if (!columns || columns.steps.length === 0) return [];
  const own = columns.steps[columnAt(columns.steps, step ?? 0)]!;
  const name = letter.toUpperCase();
  return [step !== null && step >= endOf(columns) ? `${name} at its last step, ${count(own)}` : `${name} at step ${count(own)}`];
}

function firstOf(values: Values | null): number | null {
  return values?.find((value) => value !== null) ?? null;
}

function lastOf(values: Values | null): number | null {
  return values?.findLast((value) => value !== null) ?? null;
}

/** "07 linear" → "07" */
function short(layer: string): string {
  const [head = ""] = layer.split(" ");
  return head.length > 9 ? `${head.slice(0, 8)}…` : head;
}
