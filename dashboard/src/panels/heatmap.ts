/** The heatmap with its metric, its legend and the line that reads out one cell. */

import { Heatmap } from "../charts/heatmap";
import { legend } from "../charts/legend";
import type { Extent } from "../charts/marks";
import { cellKind, columnAt, endOf, tally } from "../columns";
import { element, fill, setAttributes } from "../dom";
import { Figure } from "../figure";
import { count, number, plural } from "../format";
import { METRICS, type Metric } from "../metrics";
import { colorScale } from "../scale";
import type { Selection } from "../selection";
import type { Columns } from "../shapes";
import { spread, type TableData } from "../table";

const TABLE_STEPS = 24;

export class HeatmapPanel {
  readonly element: HTMLElement;
  private readonly figure: Figure;
  private readonly heatmap: Heatmap;
  private readonly legend = element("div", { class: "legend" });
  private readonly readout = element("output", { class: "readout" });
  private readonly empty = element("p", { class: "empty-chart", hidden: true });
  private readonly select: HTMLSelectElement;
  private columns: Columns | null = null;

  constructor(private readonly selection: Selection, metric: Metric, onMetric: (name: string) => void, signal: AbortSignal) {
    this.heatmap = new Heatmap(
      { onSelect: (spot) => selection.set(spot), onHover: (spot) => this.read(spot ?? selection) },
      signal,
    );
    this.select = element("select", { id: "metric" },
      ...METRICS.map(({ name, label }) => element("option", { value: name, selected: name === metric.name }, label)));
    this.select.addEventListener("change", () => onMetric(this.select.value));
    this.figure = new Figure(
      "heatmap", "Depth × step",
      [this.empty, this.heatmap.element, this.readout, this.legend],
      [element("label", { for: "metric", class: "visually-hidden" }, "Metric"), this.select],
    );
    this.element = this.figure.element;
    selection.onChange(({ layer, step }) => {
      this.heatmap.select(layer, step);
      this.read(selection);
    });
  }

  show(metric: Metric, columns: Columns, end: number, waiting: string): void {
    this.columns = columns;
    this.select.value = metric.name;
    const nothing = columns.steps.length === 0;
    this.empty.hidden = !nothing;
    this.empty.textContent = waiting;
    for (const part of [this.heatmap.element, this.legend, this.readout]) part.hidden = nothing;
    const scale = colorScale(metric.scale, columns.values);
    const sums = tally(columns);
    this.figure.describe(sentence(metric, columns));
    this.heatmap.show(columns, scale, end, description(metric, columns, sums.nonfinite));
    this.heatmap.select(this.selection.layer, this.selection.step);
    fill(this.legend, ...legend(scale, sums));
    this.figure.setTable(() => cells(metric, columns));
    this.read(this.selection);
  }

  outline(extent: Extent | null): void {
    this.heatmap.outline(extent);
  }

  focus(): void {
    this.heatmap.element.focus({ preventScroll: true });
  }

  private read(spot: { layer: string | null; step: number | null }): void {
    const { columns } = this;
    // Read out for a keyboard on the heatmap, and not while the picture moves by itself.
    setAttributes(this.readout, { "aria-live": document.activeElement === this.heatmap.element ? "polite" : "off" });
    const layer = columns && spot.layer !== null ? columns.layers.indexOf(spot.layer) : -1;
    if (!columns || columns.steps.length === 0 || spot.step === null || layer < 0) {
      this.readout.textContent = "Point at a cell, or use the arrow keys.";
      return;
    }
    const column = columnAt(columns.steps, spot.step);
    fill(this.readout,
      element("b", {}, spot.layer ?? ""), ` · ${stepsOf(columns, column)} · `, element("b", {}, cellText(columns, layer, column)));
  }
}

function stepsOf(columns: Columns, column: number): string {
  const from = columns.steps[column]!;
  const to = (columns.steps[column + 1] ?? endOf(columns)) - 1;
  return to > from ? `steps ${count(from)} to ${count(to)}` : `step ${count(from)}`;
}

function cellText(columns: Columns, layer: number, column: number): string {
  const value = columns.values[layer]?.[column] ?? null;
  const kind = cellKind(columns, layer, column);
  if (kind === "missing") return "not measured";
  if (kind !== "nonfinite") return number(value);
  const amount = plural(columns.nonfinite[layer]![column]!, "non-finite value");
  return value === null ? amount : `${number(value)}, and ${amount}`;
}

function sentence(metric: Metric, columns: Columns): string {
  const bucket = columns.bucket_steps > 1 && columns.steps.length > 0
    ? ` Each column is the ${columns.agg === "max" ? "largest" : columns.agg} of ${columns.bucket_steps} steps.` : "";
  return metric.doc + bucket;
}

function description(metric: Metric, columns: Columns, nonfinite: number): string {
  const finite = columns.values.flat().filter((value): value is number => value !== null);
  const range = finite.length === 0 ? "no finite values"
    : `from ${number(finite.reduce((a, b) => Math.min(a, b)))} to ${number(finite.reduce((a, b) => Math.max(a, b)))}`;
  return `${metric.label} of ${plural(columns.layers.length, "layer")} over ${count(endOf(columns))} steps, ${range}, ${plural(nonfinite, "non-finite value")}.`;
}

function cells(metric: Metric, columns: Columns): TableData {
  const places = spread(columns.steps.length, TABLE_STEPS);
  const part = places.length < columns.steps.length ? `, ${places.length} of ${columns.steps.length} columns` : "";
  return {
    caption: `${metric.label} by layer and step${part}`,
    columns: ["layer", ...places.map((place) => count(columns.steps[place]!))],
    rows: columns.layers.map((name, layer) => [name, ...places.map((place) => cellText(columns, layer, place))]),
  };
}
