/** One layer over the steps. */

import { Plot } from "../charts/plot";
import { Figure } from "../figure";
import { count, number } from "../format";
import type { Metric } from "../metrics";
import type { Selection } from "../selection";
import type { Columns } from "../shapes";
import { spread } from "../table";
import { axisKind } from "./profile";

const TABLE_ROWS = 60;

export class LayerPanel {
  readonly element: HTMLElement;
  private readonly figure: Figure;
  private readonly plot: Plot;

  constructor(selection: Selection, signal: AbortSignal) {
    this.plot = new Plot(
      {
        lines: [{ label: "value", color: 0 }],
        xLabel: "step", height: 220, xText: count,
        onPick: (step) => selection.set({ step }),
      },
      signal,
    );
    this.figure = new Figure("layer", "Layer over steps", [this.plot.element]);
    this.element = this.figure.element;
  }

  show(metric: Metric, columns: Columns, layer: string | null, step: number | null, end: number): void {
    const place = layer === null ? -1 : columns.layers.indexOf(layer);
    const values = columns.values[place] ?? [];
    const name = place < 0 ? "No layer selected" : columns.layers[place]!;
    this.figure.describe(place < 0 ? "Select a layer in the heatmap." : `${metric.label} of ${name}.`);
    this.plot.show({
      x: columns.steps, lines: [values.length ? values : columns.steps.map(() => null)], xRange: [0, end], y: axisKind(metric),
      description: `${metric.label} of ${name} over ${count(end)} steps: ${number(values[0])} at first, ${number(values.at(-1))} at last.`,
    });
    this.plot.mark(step);
    this.figure.setTable(() => ({
      caption: `${metric.label} of ${name}`,
      columns: ["step", "value", "non-finite"],
      rows: spread(columns.steps.length, TABLE_ROWS).map((row) => [
        count(columns.steps[row]!), number(values[row]), count(columns.nonfinite[place]?.[row] ?? 0),
      ]),
    }));
  }
}
