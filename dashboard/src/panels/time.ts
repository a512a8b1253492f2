/** The backward signal through time: how much of it reaches each time step of a recurrent layer. */

import { Plot } from "../charts/plot";
import { Figure } from "../figure";
import { count, number } from "../format";
import type { Columns } from "../shapes";
import { spread } from "../table";

const TABLE_ROWS = 256;

export interface TimeData {
  layer: string;
  /** `time_delta_norm` of the layer, one point of each time step: at the selected step, or the last recorded before it. */
  selected: Columns;
  /** The same at the first step. */
  first: Columns;
  /** "step 17" */
  at: string;
}

export class TimePanel {
  readonly element: HTMLElement;
  private readonly figure: Figure;
  private readonly plot: Plot;

  constructor(signal: AbortSignal) {
    this.plot = new Plot(
      {
        lines: [{ label: "first step", color: 1, dash: [5, 4] }, { label: "selected", color: 0, points: true }],
        xLabel: "time step", height: 220, xText: count,
        onPick: (time) => this.plot.mark(time),
      },
      signal,
    );
    this.figure = new Figure("time", "Through time", [this.plot.element]);
    this.element = this.figure.element;
    this.element.hidden = true;
  }

  show(data: TimeData | null): void {
    this.element.hidden = data === null || data.selected.steps.length === 0 || data.selected.layers.length === 0;
    if (data === null || this.element.hidden) return;
    const { layer, selected, first, at } = data;
    const times = selected.times ?? selected.layers.map((_, place) => place);
    const values = selected.values.map((row) => row[0] ?? null);
    const start = selected.layers.map((name) => first.values[first.layers.indexOf(name)]?.[0] ?? null);
    const [early, late] = [values[0] ?? null, values.at(-1) ?? null];
    this.figure.describe(
      `∂loss/∂hₜ of ${layer}, from the first time step to the last, at ${at} and at the first. ${reach(early, late)}`);
    this.plot.show({
      x: times, lines: [start, values], xRange: [0, Math.max(1, times.at(-1) ?? 1)], y: "log",
      broken: times.filter((_, place) => (selected.nonfinite[place]?.[0] ?? 0) > 0),
      description: `Backward signal of ${layer} through time at ${at}: ${number(early)} at the first time step, ${number(late)} at the last.`,
    });
    this.figure.setTable(() => ({
      caption: `Backward signal of ${layer} by time step`,
      columns: ["time step", at, `step ${count(first.steps[0] ?? 0)}`],
      rows: spread(times.length, TABLE_ROWS).map((place) => [count(times[place]!), number(values[place]), number(start[place])]),
    }));
  }
}

function reach(early: number | null, late: number | null): string {
  if (early === null || late === null || !(late > 0)) return "";
  return `The first time step gets ${number(early / late)} of what the last gets.`;
}
