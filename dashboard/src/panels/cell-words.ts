/** The heatmap in words: one cell, all of it in a sentence, and as a table. */

import { cellAt, type Picture } from "../charts/raster";
import type { StepRange } from "../charts/zoom";
import { cellKind, endOf, isRaw } from "../columns";
import { count, number, plural } from "../format";
import type { Metric } from "../metrics";
import type { Columns } from "../shapes";
import { spread, type TableData } from "../table";

const TABLE_STEPS = 24;

export function stepsOf(picture: Picture, column: number): string {
  const { from, to } = cellAt(picture, picture.columns.steps[column]!);
  return to - 1 > from ? `steps ${count(from)} to ${count(to - 1)}` : `step ${count(from)}`;
}

/** "steps 8,500 to 8,799, each for itself" */
export function seenText({ columns }: Picture, window: StepRange | null): string {
  const grain = isRaw(columns) ? "each for itself" : `${count(columns.bucket_steps)} to a cell`;
  return window ? `Steps ${count(window.from)} to ${count(window.to - 1)}, ${grain}.` : `All steps, ${grain}. Drag over some to zoom.`;
}

export function cellText({ columns, low }: Picture, layer: number, column: number): string {
  const value = columns.values[layer]?.[column] ?? null;
  const kind = cellKind(columns, layer, column);
  if (kind === "missing") return "not measured";
  const amount = kind === "nonfinite" ? plural(columns.nonfinite[layer]![column]!, "non-finite value") : "";
  if (value === null) return amount;
  const least = low?.steps[column] === columns.steps[column] ? low?.values[layer]?.[column] ?? value : value;
  const finite = number(least) === number(value) ? number(value) : `${number(least)} to ${number(value)}`;
  return amount ? `${finite}, and ${amount}` : finite;
}

export function sentence(metric: Metric, columns: Columns): string {
  if (isRaw(columns)) return metric.doc;
  const far = metric.scale === "log" ? "less than a tenth of that" : "far below";
  const largest = columns.agg === "max" ? "largest" : columns.agg;
  return `${metric.doc} A cell of several steps shows their ${largest}; its foot their smallest, where that is ${far}.`;
}

/** `end`: of the step axis. */
export function description(metric: Metric, columns: Columns, end: number, nonfinite: number): string {
  let [least, most] = [Infinity, -Infinity];
  for (const row of columns.values) {
    for (const value of row) {
      if (value === null) continue;
      if (value < least) least = value;
      if (value > most) most = value;
    }
  }
  const range = least > most ? "no finite values" : `from ${number(least)} to ${number(most)}`;
  return `${metric.label} of ${plural(columns.layers.length, "layer")} over ${count(Math.min(end, endOf(columns)))} steps, ${range}, ${plural(nonfinite, "non-finite value")}.`;
}

/** Some of the columns that are seen. */
export function tableOf(metric: Metric, picture: Picture, seen: StepRange | null): TableData {
  const { columns } = picture;
  const within = columns.steps.flatMap((step, column) => {
    const { from, to } = cellAt(picture, step);
    return !seen || (to > seen.from && from < seen.to) ? [column] : [];
  });
  const places = spread(within.length, TABLE_STEPS).map((place) => within[place]!);
  const part = places.length < within.length ? `, ${places.length} of ${within.length} columns` : "";
  return {
    caption: `${metric.label} by layer and step${part}`,
    columns: ["layer", ...places.map((place) => count(columns.steps[place]!))],
    rows: columns.layers.map((name, layer) => [name, ...places.map((place) => cellText(picture, layer, place))]),
  };
}
