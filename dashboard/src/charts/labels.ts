/** The heatmap's labels: layer names in depth order on the left, steps below. */

import { xOf, yOf, type Geometry } from "./geometry";
import { roundTicks } from "./ticks";

export function drawLabels(
  brush: CanvasRenderingContext2D, plot: Geometry, names: readonly string[], colors: { muted: string; font: string },
): void {
  brush.font = colors.font;
  brush.fillStyle = colors.muted;
  brush.textBaseline = "middle";
  brush.textAlign = "right";
  const stride = Math.ceil(12 / (plot.height / Math.max(1, plot.layers)));
  for (let layer = 0; layer < names.length; layer += stride) {
    brush.fillText(clip(brush, names[layer]!, plot.left - 10), plot.left - 7, (yOf(plot, layer) + yOf(plot, layer + 1)) / 2);
  }
  brush.textBaseline = "top";
  const bottom = plot.top + plot.height;
  const { from, to } = plot.range;
  for (const step of roundTicks(from, to, Math.max(2, plot.width / 90)).filter(Number.isInteger)) {
    const x = xOf(plot, step);
    brush.fillRect(Math.min(x, plot.left + plot.width - 1), bottom, 1, 4);
    const text = step.toLocaleString("en-US");
    const half = brush.measureText(text).width / 2;
    brush.textAlign = "center";
    brush.fillText(text, Math.min(x, plot.left + plot.width + 6 - half), bottom + 7);
  }
}

export function longest(brush: CanvasRenderingContext2D, names: readonly string[], font: string): number {
  brush.font = font;
  return names.reduce((width, name) => Math.max(width, brush.measureText(name).width), 0);
}

function clip(brush: CanvasRenderingContext2D, name: string, width: number): string {
  if (brush.measureText(name).width <= width) return name;
  let text = name;
  while (text.length > 1 && brush.measureText(`${text}…`).width > width) text = text.slice(0, -1);
  return `${text}…`;
}
