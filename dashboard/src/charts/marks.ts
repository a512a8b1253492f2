/** What lies over the heatmap's cells: the crossing lines of a layer and a step, and a finding's outline. */

import { columnAt } from "../columns";
import type { Columns } from "../shapes";
import { xOf, yOf, type Geometry } from "./geometry";

export interface Extent {
  layers: readonly string[];
  from: number;
  to: number;
}

export function drawExtent(brush: CanvasRenderingContext2D, plot: Geometry, columns: Columns, extent: Extent): void {
  const places = extent.layers.map((layer) => columns.layers.indexOf(layer)).filter((place) => place >= 0);
  if (places.length === 0) return;
  const [left, right] = [xOf(plot, extent.from), xOf(plot, Math.min(plot.end, extent.to + 1))];
  const [top, bottom] = [yOf(plot, Math.min(...places)), yOf(plot, Math.max(...places) + 1)];
  for (const [color, dash] of [["#000", []], ["#fff", [5, 4]]] as const) {
    brush.strokeStyle = color;
    brush.lineWidth = 1.5;
    brush.setLineDash([...dash]);
    brush.strokeRect(left + 0.75, top + 0.75, Math.max(2, right - left - 1.5), bottom - top - 2);
  }
  brush.setLineDash([]);
}

/** `width` 1 for the pointer, 2 for what is selected, which also rings its cell. */
export function drawCross(
  brush: CanvasRenderingContext2D, plot: Geometry, columns: Columns,
  layer: string | null, step: number | null, color: string, width: 1 | 2,
): void {
  const place = layer === null ? -1 : columns.layers.indexOf(layer);
  const x = step === null ? null : middleOf(plot, columns, columnAt(columns.steps, step));
  brush.lineWidth = 1;
  brush.fillStyle = color;
  if (x !== null) {
    halo(brush, () => (brush.moveTo(x, plot.top), brush.lineTo(x, plot.top + plot.height)));
    brush.fillStyle = color;
    brush.fillRect(x - 3, plot.top + plot.height, 6, 3);
  }
  if (place < 0) return;
  const [top, bottom] = [Math.round(yOf(plot, place)), Math.round(yOf(plot, place + 1))];
  halo(brush, () => brush.rect(plot.left - 0.5, top - 0.5, plot.width + 1, bottom - top));
  brush.fillRect(plot.left - 3 - width, top, width + 1, bottom - top - 1);
  if (x === null || width === 1) return;
  brush.lineWidth = 2;
  halo(brush, () => brush.rect(x - 4.5, top - 1, 9, bottom - top + 1));
}

/** The middle of a column, on whole pixels and inside the plot. */
function middleOf(plot: Geometry, columns: Columns, column: number): number {
  const from = columns.steps[column]!;
  const to = columns.steps[column + 1] ?? from + Math.max(1, columns.bucket_steps);
  return Math.min(plot.left + plot.width - 1, Math.floor(xOf(plot, (from + to) / 2))) + 0.5;
}

/** A dark line on a light one: readable on every colour of the table. */
function halo(brush: CanvasRenderingContext2D, trace: () => void): void {
  const width = brush.lineWidth;
  for (const [color, extra] of [["rgb(255 255 255 / 0.85)", 2], ["rgb(15 20 30 / 0.95)", 0]] as const) {
    brush.beginPath();
    trace();
    brush.strokeStyle = color;
    brush.lineWidth = width + extra;
    brush.stroke();
  }
  brush.lineWidth = width;
}
