/** A curve of the whole network, training and validation together: loss, or accuracy. */

import uPlot from "uplot";

import { Plot, type PlotData } from "../charts/plot";
import { Figure } from "../figure";
import { count, number } from "../format";
import type { Selection } from "../selection";
import type { Columns } from "../shapes";
import { spread } from "../table";

const TABLE_ROWS = 60;

// A loss that spans more than this reads better on a log axis.
const LOG_FROM = 100;

export class CurvePanel {
  readonly element: HTMLElement;
  private readonly figure: Figure;
  private readonly plot: Plot;

  constructor(id: string, private readonly title: string, private readonly axis: "share" | "loss", selection: Selection, signal: AbortSignal) {
    this.plot = new Plot(
      {
        lines: [{ label: "training", color: 0 }, { label: "validation", color: 2, points: true, bridge: true }],
        xLabel: "step", height: 200, xText: count,
        onPick: (step) => selection.set({ step }),
      },
      signal,
    );
    this.figure = new Figure(id, title, [this.plot.element]);
    this.element = this.figure.element;
    this.element.hidden = true;
  }

  show(training: Columns | null, validation: Columns | null, end: number): void {
    this.element.hidden = !training?.steps.length && !validation?.steps.length;
    if (this.element.hidden) return;
    const [x, train, check] = joined(training, validation);
    const last = [lastOf(train), lastOf(check)] as const;
    this.figure.describe(`Training ${number(last[0])}, validation ${number(last[1])} at the last step measured.${gaps(training)}`);
    this.plot.show({
      x, lines: [train, check], xRange: [0, end], y: this.axisOf([train, check]),
      description: `${this.title} over ${count(end)} steps: training ends at ${number(last[0])}, validation at ${number(last[1])}.`,
    });
    this.figure.setTable(() => ({
      caption: `${this.title} by step`,
      columns: ["step", "training", "validation"],
      rows: tableRows(x, check).map((row) => [count(x[row]!), number(train[row]), number(check[row])]),
    }));
  }

  mark(step: number | null): void {
    this.plot.mark(step);
  }

  private axisOf(lines: readonly Values[]): PlotData["y"] {
    if (this.axis === "share") return "share";
    const values = lines.flat().filter((value): value is number => typeof value === "number");
    const low = values.reduce((a, b) => Math.min(a, b), Infinity);
    const high = values.reduce((a, b) => Math.max(a, b), 0);
    return low > 0 && high / low > LOG_FROM ? "log" : "linear";
  }
}

type Values = (number | null | undefined)[];

/** Both series on one step axis; `undefined` where one of them was not measured, null where it was not finite. */
function joined(training: Columns | null, validation: Columns | null): [number[], Values, Values] {
  const tables = [training, validation].map((curve): uPlot.AlignedData => [curve?.steps ?? [], curve?.values[0] ?? []]);
  const [x, train, check] = uPlot.join(tables);
  return [x as number[], train as Values, check as Values];
}

function lastOf(values: Values): number | null | undefined {
  return values.findLast((value) => typeof value === "number");
}

function gaps(curve: Columns | null): string {
  const bad = (curve?.nonfinite[0] ?? []).reduce((sum, amount) => sum + amount, 0);
  return bad > 0 ? ` ${count(bad)} steps were not finite.` : "";
}

/** Evenly spread rows, and every one with a validation. */
function tableRows(x: readonly number[], check: Values): number[] {
  const wanted = new Set(spread(x.length, TABLE_ROWS));
  check.forEach((value, row) => {
    if (typeof value === "number") wanted.add(row);
  });
  return [...wanted].sort((a, b) => a - b);
}
