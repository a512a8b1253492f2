/** Where the heatmap's cells lie: steps along x, layers down y. All in CSS pixels. */

import type { StepRange } from "./zoom";

export interface Geometry {
  left: number;
  top: number;
  /** The plot, without its labels. */
  width: number;
  height: number;
  layers: number;
  /** The steps that are seen. */
  range: StepRange;
}

const BOTTOM = 22;
const RIGHT = 8;
const TOP = 4;

export function geometry(width: number, labelWidth: number, layers: number, range: StepRange): Geometry {
  const row = Math.min(22, Math.max(4, 420 / Math.max(1, layers)));
  const height = Math.max(120, Math.round(row * Math.max(1, layers)));
  return { left: labelWidth, top: TOP, width: Math.max(40, width - labelWidth - RIGHT), height, layers, range };
}

export function outerHeight(plot: Geometry): number {
  return plot.top + plot.height + BOTTOM;
}

export function xOf(plot: Geometry, step: number): number {
  const { from, to } = plot.range;
  return plot.left + (plot.width * (step - from)) / (to - from);
}

export function yOf(plot: Geometry, layer: number): number {
  return plot.top + (plot.height * layer) / plot.layers;
}

/** The place on the step axis at `x`, not rounded to a step; places outside the plot are at its edge. */
export function placeAt(plot: Geometry, x: number): number {
  const share = Math.min(1, Math.max(0, (x - plot.left) / plot.width));
  return plot.range.from + share * (plot.range.to - plot.range.from);
}

export function stepAt(plot: Geometry, x: number): number {
  return Math.min(Math.ceil(plot.range.to) - 1, Math.floor(placeAt(plot, x)));
}

export function layerAt(plot: Geometry, y: number): number {
  return Math.min(plot.layers - 1, Math.max(0, Math.floor(((y - plot.top) / plot.height) * plot.layers)));
}
