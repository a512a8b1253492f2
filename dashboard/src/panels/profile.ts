/** The gradient's way through the depth of the network, at the selected step and at the first. */

import { Plot } from "../charts/plot";
import { columnAt } from "../columns";
import { Figure } from "../figure";
import { count, number } from "../format";
import type { Metric } from "../metrics";
import type { Selection } from "../selection";
import type { Columns } from "../shapes";

export class ProfilePanel {
  readonly element: HTMLElement;
  private readonly figure: Figure;
  private readonly plot: Plot;
  private layers: string[] = [];

  constructor(selection: Selection, signal: AbortSignal) {
    this.plot = new Plot(
      {
        lines: [{ label: "selected", color: 0, points: true }, { label: "first", color: 1, dash: [5, 4] }],
        xLabel: "layer",
        height: 220,
        xText: (place, where) => {
          const layer = this.layers[place] ?? "";
          return where === "axis" ? shortName(layer) : layer;
        },
        onPick: (place) => selection.set({ layer: this.layers[place] ?? null }),
      },
      signal,
    );
    this.figure = new Figure("profile", "Depth profile", [this.plot.element]);
    this.element = this.figure.element;
  }

  show(metric: Metric, columns: Columns, layer: string | null, step: number | null): void {
    this.layers = columns.layers;
    const column = columnAt(columns.steps, step ?? 0);
    const at = columns.steps[column] ?? 0;
    const selected = columns.values.map((row) => row[column] ?? null);
    const first = columns.values.map((row) => row[0] ?? null);
    this.figure.describe(`${metric.label} from the first layer to the last, at step ${count(at)} and at the first.`);
    this.plot.show({
      x: columns.layers.map((_, place) => place),
      lines: [selected, first],
      xRange: [-0.5, Math.max(0.5, columns.layers.length - 0.5)],
      y: axisKind(metric),
      description: `${metric.label} of each layer at step ${count(at)}: ${number(selected[0])} in the first layer, ${number(selected.at(-1))} in the last.`,
    });
    const place = layer === null ? -1 : columns.layers.indexOf(layer);
    this.plot.mark(place < 0 ? null : place);
    this.figure.setTable(() => ({
      caption: `${metric.label} by layer`,
      columns: ["layer", `step ${count(at)}`, `step ${count(columns.steps[0] ?? 0)}`],
      rows: columns.layers.map((name, index) => [name, number(selected[index]), number(first[index])]),
    }));
  }
}

export function axisKind(metric: Metric): "log" | "share" | "linear" {
  return metric.scale === "signed" ? "linear" : metric.scale;
}

/** "07 linear" → "07" */
function shortName(layer: string): string {
  const [head = ""] = layer.split(" ");
  return head.length > 9 ? `${head.slice(0, 8)}…` : head;
}
