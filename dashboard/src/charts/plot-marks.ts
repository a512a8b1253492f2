/** What a plot shows besides its lines: good ground, the mark, and where values were no numbers. */

import type uPlot from "uplot";

import type { Drawn } from "./plot";
import type { Theme } from "./theme";

/** Below the lines. */
export function drawBelow(chart: uPlot, drawn: Drawn, colors: Theme): void {
  const { ctx, bbox } = chart;
  ctx.save();
  if (drawn.zone) {
    const inside = (y: number): number => Math.min(bbox.top + bbox.height, Math.max(bbox.top, chart.valToPos(y, "y", true)));
    const [top, bottom, aim] = [inside(drawn.zone.to), inside(drawn.zone.from), chart.valToPos(drawn.zone.at, "y", true)];
    ctx.fillStyle = `${colors.good}1f`;
    ctx.fillRect(bbox.left, top, bbox.width, bottom - top);
    if (aim >= bbox.top && aim <= bbox.top + bbox.height) {
      ctx.strokeStyle = colors.good;
      stroke(ctx, [bbox.left, aim], [bbox.left + bbox.width, aim], [2, 3]);
    }
  }
  if (drawn.shade) shade(chart, drawn.shade, colors);
  ctx.restore();
}

/** Above the lines. */
export function drawAbove(chart: uPlot, drawn: Drawn, colors: Theme): void {
  const { ctx, bbox } = chart;
  const within = (x: number): boolean => x >= drawn.xRange[0] && x <= drawn.xRange[1];
  ctx.save();
  notches(chart, (drawn.broken ?? []).filter(within), bbox.top, 8, colors.alarm);
  notches(chart, drawn.zeros.filter(within), bbox.top + bbox.height - 6 * devicePixelRatio, 6, colors.muted);
  if (drawn.marked !== null && within(drawn.marked)) {
    const x = Math.round(chart.valToPos(drawn.marked, "x", true));
    ctx.strokeStyle = colors.ink;
    ctx.globalAlpha = 0.55;
    stroke(ctx, [x, bbox.top], [x, bbox.top + bbox.height], [4, 3]);
  }
  ctx.restore();
}

/** Small upright bars at an edge, of a width that no zoom makes invisible. */
function notches(chart: uPlot, places: readonly number[], top: number, height: number, color: string): void {
  chart.ctx.fillStyle = color;
  for (const x of places) chart.ctx.fillRect(chart.valToPos(x, "x", true) - devicePixelRatio, top, 2 * devicePixelRatio, height * devicePixelRatio);
}

function shade(chart: uPlot, { to, text }: { to: number; text: string }, colors: Theme): void {
  const { ctx, bbox } = chart;
  const right = Math.min(bbox.left + bbox.width, chart.valToPos(to, "x", true));
  if (right <= bbox.left) return;
  ctx.fillStyle = `${colors.alarm}1f`;
  ctx.fillRect(bbox.left, bbox.top, right - bbox.left, bbox.height);
  ctx.fillStyle = colors.muted;
  ctx.font = colors.font.replace(/^[\d.]+px/, `${11 * devicePixelRatio}px`);
  ctx.textBaseline = "top";
  const space = 6 * devicePixelRatio;
  const leftwards = right - bbox.left > ctx.measureText(text).width + 2 * space;
  ctx.textAlign = leftwards ? "right" : "left";
  ctx.fillText(text, leftwards ? right - space : right + space, bbox.top + space);
}

function stroke(ctx: CanvasRenderingContext2D, from: [number, number], to: [number, number], dash: number[]): void {
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash(dash.map((length) => length * devicePixelRatio));
  ctx.beginPath();
  ctx.moveTo(...from);
  ctx.lineTo(...to);
  ctx.stroke();
}
