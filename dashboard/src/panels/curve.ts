/** Curves of the whole network on one step axis: the loss of training and validation, or the norm before and after clipping. */

import uPlot from "uplot";

import { Plot, type Line, type PlotData } from "../charts/plot";
import { Figure } from "../figure";
import { count, number } from "../format";
import type { Selection } from "../selection";
import type { Columns } from "../shapes";
import { spread } from "../table";

const TABLE_ROWS = 60;

// What spans more than this reads better on a log axis.
const LOG_FROM = 100;

export type Values = (number | null | undefined)[];

export interface CurveForm {
  id: string;
  title: string;
  lines: readonly Line[];
  /** `free`: linear or logarithmic, whichever the values read better on. */
  axis: "share" | "free" | "log";
  /** What the curves say, given the last value of each. */
  sentence(last: (number | null)[], lines: readonly Values[]): string;
}

export class CurvePanel {
  readonly element: HTMLElement;
  private readonly figure: Figure;
  private readonly plot: Plot;

  constructor(private readonly form: CurveForm, selection: Selection, signal: AbortSignal) {
    this.plot = new Plot(
      { lines: form.lines, xLabel: "step", height: 200, xText: count, onPick: (step) => selection.set({ step }) }, signal);
    this.figure = new Figure(form.id, form.title, [this.plot.element]);
    this.element = this.figure.element;
    this.element.hidden = true;
    selection.onChange(({ step }) => this.plot.mark(step));
  }

  /** One series for each line; hidden where none has a point. */
  show(curves: readonly (Columns | null)[], step: number | null, range: [number, number]): void {
    // Every run has a curve of accuracy; that of a regression holds no number. A loss without one is worth a look.
    const told = (curve: Columns | null): boolean => (this.form.axis === "share" ? lastOf(curve?.values[0] ?? []) !== null : Boolean(curve?.steps.length));
    this.element.hidden = !curves.some(told);
    if (this.element.hidden) return;
    const { title, lines: named } = this.form;
    const [x, lines] = joined(curves);
    const last = lines.map(lastOf);
    this.figure.describe(this.form.sentence(last, lines) + gaps(curves[0] ?? null));
    this.plot.show({
      x, lines: [...lines], xRange: range, y: this.axisOf(lines), broken: brokenSteps(curves[0] ?? null),
      description: `${title} over ${stepsSeen(range)}: ${named.map(({ label }, place) => `${label} ends at ${number(last[place])}`).join(", ")}.`,
    });
    this.plot.mark(step);
    this.figure.setTable(() => ({
      caption: `${title} by step`,
      columns: ["step", ...named.map(({ label }) => label)],
      rows: tableRows(x, lines.slice(1)).map((row) => [count(x[row]!), ...lines.map((line) => number(line[row]))]),
    }));
  }

  private axisOf(lines: readonly Values[]): PlotData["y"] {
    if (this.form.axis !== "free") return this.form.axis;
    const values = lines.flat().filter((value): value is number => typeof value === "number");
    const low = values.reduce((a, b) => Math.min(a, b), Infinity);
    const high = values.reduce((a, b) => Math.max(a, b), 0);
    return low > 0 && high / low > LOG_FROM ? "log" : "linear";
  }
}

/** "300 steps", or "steps 40 to 80" of a zoomed picture. */
export function stepsSeen([from, to]: [number, number]): string {
  return from === 0 ? `${count(to)} steps` : `steps ${count(from)} to ${count(to - 1)}`;
}

export function brokenSteps(curve: Columns | null, layer: number = 0): number[] {
  return (curve?.steps ?? []).filter((_, column) => (curve!.nonfinite[layer]?.[column] ?? 0) > 0);
}

/** The series on one step axis; `undefined` where one of them was not measured, null where it was not finite. */
function joined(curves: readonly (Columns | null)[]): [number[], Values[]] {
  const [x, ...lines] = uPlot.join(curves.map((curve): uPlot.AlignedData => [curve?.steps ?? [], curve?.values[0] ?? []]));
  return [x as number[], lines as Values[]];
}

function lastOf(values: Values): number | null {
  return values.findLast((value) => typeof value === "number") ?? null;
}

function gaps(curve: Columns | null): string {
  const bad = (curve?.nonfinite[0] ?? []).reduce((sum, amount) => sum + amount, 0);
  return bad > 0 ? ` ${count(bad)} steps were not finite.` : "";
}

/** Evenly spread rows, and every one with a value of a series that is measured seldom. */
function tableRows(x: readonly number[], others: readonly Values[]): number[] {
  const wanted = new Set(spread(x.length, TABLE_ROWS));
  for (const line of others) {
    const measured = line.flatMap((value, row) => (typeof value === "number" ? [row] : []));
    if (measured.length <= TABLE_ROWS) for (const row of measured) wanted.add(row);
  }
  return [...wanted].sort((a, b) => a - b);
}
