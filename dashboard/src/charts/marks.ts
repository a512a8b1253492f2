/** What lies over the heatmap's cells: the crossing lines of a layer and a step, a finding's outline, a dragged range. */

import { LEAST_WIDTH } from "./cells";
import { xOf, yOf, type Geometry } from "./geometry";
import type { StepRange } from "./zoom";

const DARK = "rgb(15 20 30 / 0.95)";
const LIGHT = "rgb(255 255 255 / 0.85)";

export interface Extent {
  layers: readonly string[];
  from: number;
  to: number;
}

/** What `draw` draws stays inside the plot, but for `margin` pixels. */
function inside(brush: CanvasRenderingContext2D, plot: Geometry, margin: number, draw: () => void): void {
  brush.save();
  brush.beginPath();
  brush.rect(plot.left - margin, 0, plot.width + 2 * margin, brush.canvas.height);
  brush.clip();
  draw();
  brush.restore();
}

export function drawExtent(brush: CanvasRenderingContext2D, plot: Geometry, names: readonly string[], extent: Extent): void {
  const places = extent.layers.map((layer) => names.indexOf(layer)).filter((place) => place >= 0);
  if (places.length === 0) return;
  const [left, right] = [xOf(plot, extent.from), xOf(plot, Math.min(plot.range.to, extent.to + 1))];
  const [top, bottom] = [yOf(plot, Math.min(...places)), yOf(plot, Math.max(...places) + 1)];
  inside(brush, plot, 0, () => {
    for (const [color, dash] of [["#000", []], ["#fff", [5, 4]]] as const) {
      brush.strokeStyle = color;
      brush.lineWidth = 1.5;
      brush.setLineDash([...dash]);
      brush.strokeRect(left + 0.75, top + 0.75, Math.max(2, right - left - 1.5), bottom - top - 2);
    }
  });
}

/** The steps between two places on x that a drag covers. */
export function drawBand(brush: CanvasRenderingContext2D, plot: Geometry, [from, to]: readonly [number, number], color: string): void {
  inside(brush, plot, 0, () => {
    brush.globalAlpha = 0.35;
    brush.fillStyle = "#fff";
    brush.fillRect(from, plot.top, to - from, plot.height);
    brush.globalAlpha = 1;
    brush.fillStyle = color;
    for (const x of [from, to]) brush.fillRect(Math.round(x) - 0.5, plot.top, 1.5, plot.height);
  });
}

/**
 * Lines beside the cells of a layer and of a column, never over them: a mark may be as small as the lines are wide.
 * `place`: row of the layer, or -1. `width` 1 for the pointer, 2 for what is selected, which also rings its cell.
 */
export function drawCross(
  brush: CanvasRenderingContext2D, plot: Geometry, place: number, cell: StepRange | null, color: string, width: 1 | 2,
): void {
  const seen = cell !== null && cell.to > plot.range.from && cell.from < plot.range.to;
  const sides = seen ? sidesOf(plot, cell) : null;
  const [top, bottom] = place < 0 ? [0, 0] : [Math.round(yOf(plot, place)), Math.round(yOf(plot, place + 1))];
  const [right, foot] = [plot.left + plot.width, plot.top + plot.height];
  inside(brush, plot, 8, () => {
    if (sides) {
      lines(brush, width, (offset, thick) => {
        brush.fillRect(sides[0] - offset - thick, plot.top, thick, plot.height);
        brush.fillRect(sides[1] + offset, plot.top, thick, plot.height);
      });
      brush.fillStyle = color;
      brush.fillRect(sides[0], foot, sides[1] - sides[0], 3);
    }
    if (place < 0) return;
    lines(brush, width, (offset, thick) => {
      brush.fillRect(plot.left, top - offset - thick, plot.width, thick);
      brush.fillRect(plot.left, bottom + offset, plot.width, thick);
    });
    brush.fillStyle = color;
    brush.fillRect(plot.left - 3 - width, top, width + 1, bottom - top);
    if (!sides || width === 1) return;
    const [left, end] = [Math.max(plot.left, sides[0]), Math.min(right, sides[1])];
    brush.strokeStyle = DARK;
    brush.lineWidth = 2;
    brush.strokeRect(left - 1, top - 1, end - left + 2, bottom - top + 2);
  });
}

/** Where a column begins and ends on whole pixels; a narrow one is as wide as its marks. */
function sidesOf(plot: Geometry, cell: StepRange): [number, number] {
  const [from, to] = [Math.round(xOf(plot, cell.from)), Math.round(xOf(plot, cell.to))];
  const missing = Math.max(0, LEAST_WIDTH + 2 - (to - from));
  return [from - (missing >> 1), Math.max(to, from - (missing >> 1) + (missing > 0 ? LEAST_WIDTH + 2 : 0))];
}

/** A dark line and a light one behind it: together readable on every colour of the table. */
function lines(brush: CanvasRenderingContext2D, width: 1 | 2, draw: (offset: number, thick: number) => void): void {
  brush.fillStyle = DARK;
  draw(0, 1);
  brush.fillStyle = LIGHT;
  draw(1, width === 2 ? 1 : 0.5);
}
