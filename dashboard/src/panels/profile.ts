/** The gradient's way through the depth of the network: at the selected step, at the first, as predicted, and in another job. */

import { Plot } from "../charts/plot";
import { columnAt, columnText } from "../columns";
import { Figure } from "../figure";
import { count, number } from "../format";
import { metricCalled, type Metric } from "../metrics";
import type { Selection } from "../selection";
import type { Columns } from "../shapes";
import { PREDICTED_METRIC, type Laid, type Predicted } from "./profile-data";

export interface ProfileData {
  columns: Columns;
  /** The first recorded step, exactly. */
  first: Columns | null;
  theory: Predicted | null;
  /** Why there is no theory where one is to be expected. */
  without: string | null;
  over: Laid | null;
}

// float32 holds nothing that is smaller or larger: theory beyond it would only stretch the axis.
const [LEAST, MOST] = [1e-46, 1e39];

export class ProfilePanel {
  readonly element: HTMLElement;
  private readonly figure: Figure;
  private readonly plot: Plot;
  private layers: string[] = [];

  constructor(private readonly selection: Selection, tools: readonly Node[], signal: AbortSignal) {
    this.plot = new Plot(
      {
        lines: [
          { label: "highest", color: 3, edge: true, bridge: true }, { label: "lowest", color: 3, edge: true, bridge: true },
          { label: "theory", color: 3, dash: [2, 3], bridge: true },
          { label: "first step", color: 1, dash: [5, 4] },
          { label: "laid over", color: 2, points: true },
          { label: "selected", color: 0, points: true },
        ],
        bands: [{ upper: 0, lower: 1 }],
        xLabel: "layer",
        height: 280,
        xText: (place, where) => {
          const layer = this.layers[place] ?? "";
          return where === "axis" ? shortName(layer) : layer;
        },
        onPick: (place) => selection.set({ layer: this.layers[place] ?? null }),
      },
      signal,
    );
    this.figure = new Figure("profile", "Depth profile", [this.plot.element], tools);
    this.element = this.figure.element;
    this.element.hidden = true;
  }

  show(data: ProfileData): void {
    const { columns, theory, over } = data;
    const metric = metricCalled(columns.metric);
    const column = columnAt(columns.steps, this.selection.step ?? 0);
    const at = columnText(columns, column);
    this.layers = columns.layers;
    const selected = columns.values.map((row) => row[column] ?? null);
    const first = firstOf(data);
    const bounded = (values: Predicted["values"] | undefined): Predicted["values"] =>
      (values ?? []).map((value) => (value === null ? null : Math.min(MOST, Math.max(LEAST, value))));
    this.figure.describe(sentence(metric, at, data));
    this.plot.show({
      x: columns.layers.map((_, place) => place),
      lines: [bounded(theory?.high), bounded(theory?.low), bounded(theory?.values), first, over?.values ?? [], selected],
      labels: theory
        ? ["theory, 97.5 %", "theory, 2.5 %", "theory", "first step", over?.name ?? null, "selected"]
        : [null, null, null, "first step", over?.name ?? null, "selected"],
      xRange: [-0.5, Math.max(0.5, columns.layers.length - 0.5)],
      y: axisKind(metric),
      broken: columns.layers.flatMap((_, place) => ((columns.nonfinite[place]?.[column] ?? 0) > 0 ? [place] : [])),
      description: `${metric.label} of each layer at ${at}: ${number(selected[0])} in the first layer, ${number(selected.at(-1))} in the last.`,
    });
    this.mark();
    this.figure.setTable(() => ({
      caption: `${metric.label} by layer`,
      columns: [
        "layer", at, `step ${count(data.first?.steps[0] ?? columns.steps[0] ?? 0)}`,
        ...(theory ? ["theory", "2.5 %", "97.5 %"] : []), ...(over ? [`${over.name}, ${over.at}`] : []),
      ],
      rows: columns.layers.map((name, place) => [
        name, number(selected[place]), number(first[place]),
        ...(theory ? [theory.values, theory.low, theory.high].map((values) => number(values[place])) : []),
        ...(over ? [number(over.values[place])] : []),
      ]),
    }));
  }

  /** Marks the selected layer. */
  private mark(): void {
    const place = this.selection.layer === null ? -1 : this.layers.indexOf(this.selection.layer);
    this.plot.mark(place < 0 ? null : place);
  }
}

export function axisKind(metric: Metric): "log" | "share" | "linear" {
  return metric.scale === "signed" ? "linear" : metric.scale;
}

function firstOf({ columns, first }: ProfileData): (number | null)[] {
  if (!first?.steps.length) return columns.values.map((row) => row[0] ?? null);
  return columns.layers.map((layer) => first.values[first.layers.indexOf(layer)]?.[0] ?? null);
}

function sentence(metric: Metric, at: string, { columns, theory, without, over }: ProfileData): string {
  const largest = columns.bucket_steps > 1 ? ", the largest of each layer" : "";
  const parts = [`${metric.label} from the first layer to the last, at ${at}${largest}, and at the first step.`];
  if (theory) {
    parts.push("Theory speaks of the start weights: at step 0, " +
      `${count(theory.agreeing)} of ${count(theory.compared)} layers lie in its band, where 95 % of draws at these widths fall.`);
  } else if (columns.metric === PREDICTED_METRIC && without) {
    parts.push(`No theory: ${without}.`);
  }
  if (over) parts.push(`Laid over it: ${over.name}, at ${over.at}.`);
  return parts.join(" ");
}

/** "07 linear" → "07" */
function shortName(layer: string): string {
  const [head = ""] = layer.split(" ");
  return head.length > 9 ? `${head.slice(0, 8)}…` : head;
}
