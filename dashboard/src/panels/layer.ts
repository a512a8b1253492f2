/** One layer over the steps: the mean of the steps that a point stands for, in the band of their smallest and largest. */

import { Plot, type PlotData } from "../charts/plot";
import { columnAt } from "../columns";
import { Figure } from "../figure";
import { count, number } from "../format";
import type { Metric } from "../metrics";
import type { Selection } from "../selection";
import type { Columns } from "../shapes";
import { spread, type TableData } from "../table";
import { brokenSteps, stepsSeen } from "./curve";
import { axisKind } from "./profile";

const TABLE_ROWS = 60;

/** One layer's series on one step grid. */
export interface LayerSeries {
  layer: string;
  mean: Columns;
  min: Columns;
  max: Columns;
}

export interface LayerForm {
  id: string;
  title: string;
  zone?: NonNullable<PlotData["zone"]>;
  /** A sentence behind the one that says what is shown. */
  note?: string;
}

export class LayerPanel {
  readonly element: HTMLElement;
  private readonly figure: Figure;
  private readonly plot: Plot;
  private shown: Columns | null = null;

  constructor(private readonly form: LayerForm, private readonly selection: Selection, signal: AbortSignal) {
    this.plot = new Plot(
      {
        lines: [
          { label: "largest", color: 0, edge: true }, { label: "smallest", color: 0, edge: true }, { label: "mean", color: 0 },
        ],
        bands: [{ upper: 0, lower: 1 }],
        xLabel: "step", height: 220, xText: count,
        onPick: (step) => selection.set({ step }),
      },
      signal,
    );
    this.figure = new Figure(form.id, form.title, [this.plot.element]);
    this.element = this.figure.element;
    this.element.hidden = true;
    selection.onChange(() => this.mark());
  }

  show(metric: Metric, series: LayerSeries | null, range: [number, number]): void {
    this.element.hidden = !series?.mean.layers.length || series.mean.steps.length === 0;
    if (!series || this.element.hidden) return;
    const { layer, mean } = series;
    const banded = mean.bucket_steps > 1;
    const [high, middle, low] = [on(mean, series.max), mean.values[0]!, on(mean, series.min)];
    const band = banded ? ` The line is the mean of ${count(mean.bucket_steps)} steps, the band reaches from their smallest to their largest.` : "";
    const zeros = middle.filter((value) => value === 0).length;
    const still = zeros > 0 && metric.scale === "log" ? ` Zero at ${count(zeros)} of ${count(middle.length)} points, marked at the bottom.` : "";
    this.figure.describe([`${metric.label} of ${layer}.${band}${still}`, this.form.note].filter(Boolean).join(" "));
    const { zone } = this.form;
    this.plot.show({
      x: mean.steps, lines: [high, low, middle], xRange: range, y: axisKind(metric),
      labels: banded ? ["largest", "smallest", "mean"] : [null, null, "value"],
      broken: brokenSteps(mean), ...(zone ? { zone } : {}),
      description: `${metric.label} of ${layer} over ${stepsSeen(range)}: ${number(middle[0])} at first, ${number(middle.at(-1))} at last.`,
    });
    this.mark(mean);
    this.figure.setTable(() => rows(metric, series, banded));
  }

  /** Marks the point that holds the selected step. */
  private mark(columns: Columns | null = this.shown): void {
    this.shown = columns;
    const { step } = this.selection;
    this.plot.mark(step === null || !columns ? step : columns.steps[columnAt(columns.steps, step)] ?? step);
  }
}

/** A series on the steps of another: while a job trains, one of them may have been read a moment later. */
function on(grid: Columns, series: Columns): (number | null)[] {
  const values = new Map(series.steps.map((step, place) => [step, series.values[0]?.[place] ?? null]));
  return grid.steps.map((step) => values.get(step) ?? null);
}

function rows(metric: Metric, series: LayerSeries, banded: boolean): TableData {
  const { layer, mean } = series;
  const [min, max] = [on(mean, series.min), on(mean, series.max)];
  return {
    caption: `${metric.label} of ${layer}`,
    columns: ["step", ...(banded ? ["mean", "smallest", "largest"] : ["value"]), "non-finite"],
    rows: spread(mean.steps.length, TABLE_ROWS).map((row) => [
      count(mean.steps[row]!), number(mean.values[0]![row]),
      ...(banded ? [number(min[row]), number(max[row])] : []),
      count(mean.nonfinite[0]?.[row] ?? 0),
    ]),
  };
}
