/** Lines over a number axis: uPlot in the dashboard's colours, with whole decades on a log axis. */

import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

import { element } from "../dom";
import { number } from "../format";
import { decades } from "../scale";
import { onThemeChange, theme, type Theme } from "./theme";
import { decadeLabel, decadeTicks } from "./ticks";

export interface Line {
  label: string;
  color: 0 | 1 | 2;
  dash?: number[];
  /** Dots on the measured places, where they are few enough to tell apart. */
  points?: boolean;
  /** Draws across missing points: for series measured less often than their neighbours. */
  bridge?: boolean;
}

export interface PlotOptions {
  lines: readonly Line[];
  xLabel: string;
  height: number;
  /** A place on x as text, for the axis and for the readout. */
  xText(x: number, where: "axis" | "readout"): string;
  onPick(x: number): void;
}

export interface PlotData {
  x: number[];
  lines: (number | null | undefined)[][];
  xRange: [number, number];
  y: "log" | "share" | "linear";
  description: string;
}

const WHOLE = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 2e6, 5e6, 1e7, 1e8];

export class Plot {
  readonly element = element("div", { class: "plot" });
  private chart: uPlot | null = null;
  private data: PlotData | null = null;
  private marked: number | null = null;
  private decades: [number, number] = [0, 1];

  constructor(private readonly options: PlotOptions, signal: AbortSignal) {
    const resize = new ResizeObserver(() => this.resize());
    resize.observe(this.element);
    onThemeChange(() => this.build(), signal);
    signal.addEventListener("abort", () => (resize.disconnect(), this.chart?.destroy()));
  }

  show(data: PlotData): void {
    const rebuild = this.data?.y !== data.y;
    const lines = data.y === "log" ? data.lines.map((line) => line.map(positive)) : data.lines;
    if (data.y === "log") this.decades = decades(lines, 1);
    this.data = { ...data, lines };
    if (rebuild || !this.chart) this.build();
    else this.chart.setData(this.aligned());
    this.chart?.ctx.canvas.setAttribute("aria-label", data.description);
    this.readMarked();
  }

  /** Draws an upright line at `x`. */
  mark(x: number | null): void {
    this.marked = x;
    this.chart?.redraw(false);
    this.readMarked();
  }

  private aligned(): uPlot.AlignedData {
    return [this.data!.x, ...this.data!.lines] as uPlot.AlignedData;
  }

  private resize(): void {
    const width = this.element.clientWidth;
    if (width === 0 || !this.data) return;
    if (this.chart) this.chart.setSize({ width, height: this.options.height });
    else this.build();
  }

  private build(): void {
    const width = this.element.clientWidth;
    if (!this.data || width === 0) return;
    this.chart?.destroy();
    this.chart = new uPlot(this.settings(width, theme()), this.aligned(), this.element);
    const { canvas } = this.chart.ctx;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", this.data.description);
    this.chart.over.addEventListener("click", () => {
      const place = this.chart?.cursor.idx;
      if (place !== null && place !== undefined) this.options.onPick(this.data!.x[place]!);
    });
  }

  private settings(width: number, colors: Theme): uPlot.Options {
    const { options } = this;
    return {
      width, height: options.height,
      padding: [10, 20, 0, 0],
      scales: { x: { time: false, range: () => this.data!.xRange }, y: this.yScale() },
      axes: [
        {
          stroke: colors.muted, font: colors.font, grid: { show: false }, size: 30, incrs: WHOLE, space: 56,
          ticks: { stroke: colors.line, size: 4 },
          values: (_, splits) => splits.map((x) => options.xText(x, "axis")),
        },
        { stroke: colors.muted, font: colors.font, grid: { stroke: colors.line, width: 1 }, ticks: { show: false }, size: 52, ...this.yTicks() },
      ],
      series: [
        { label: options.xLabel, value: (_, x) => (x === null ? "–" : options.xText(x, "readout")) },
        ...options.lines.map((line) => ({
          label: line.label,
          stroke: colors.series[line.color]!,
          width: line.dash ? 1.25 : 1.75,
          ...(line.dash ? { dash: line.dash } : {}),
          points: { show: (chart: uPlot, index: number) => (line.points ?? false) && sparse(chart.data[index]!), size: 5, fill: colors.panel },
          spanGaps: line.bridge ?? false,
          value: (_: uPlot, value: number | null) => number(value),
        })),
      ],
      cursor: { y: false, points: { size: 7 }, drag: { x: false, y: false } },
      legend: { live: true },
      hooks: { draw: [(chart) => this.drawMark(chart, colors)], setCursor: [() => this.readMarked()] },
    };
  }

  private yScale(): uPlot.Scale {
    if (this.data!.y === "log") return { distr: 3, log: 10, range: () => [10 ** this.decades[0], 10 ** this.decades[1]] };
    if (this.data!.y === "share") return { range: () => [0, 1] };
    return { range: (_, low, high) => padded(low, high) };
  }

  private yTicks(): Partial<uPlot.Axis> {
    if (this.data!.y !== "log") return { values: (_, splits) => splits.map((value) => number(Number(value.toPrecision(4)))) };
    return {
      splits: () => decadeTicks(...this.decades, this.options.height / 34),
      filter: (_, splits) => splits,
      values: (_, splits) => splits.map(decadeLabel),
    };
  }

  /** While no pointer is over the chart, its readout tells the values at the mark. */
  private readMarked(): void {
    if (!this.chart || !this.data || this.marked === null || typeof this.chart.cursor.idx === "number") return;
    const place = this.data.x.findLastIndex((x) => x <= this.marked!);
    if (place >= 0) this.chart.setLegend({ idx: place }, false);
  }

  private drawMark(chart: uPlot, colors: Theme): void {
    if (this.marked === null || !this.data || this.marked < this.data.xRange[0] || this.marked > this.data.xRange[1]) return;
    const x = Math.round(chart.valToPos(this.marked, "x", true));
    const { ctx } = chart;
    ctx.save();
    ctx.strokeStyle = colors.ink;
    ctx.globalAlpha = 0.55;
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(x, chart.bbox.top);
    ctx.lineTo(x, chart.bbox.top + chart.bbox.height);
    ctx.stroke();
    ctx.restore();
  }
}

function sparse(values: ArrayLike<number | null | undefined>): boolean {
  return Array.from(values).filter((value) => typeof value === "number").length <= 60;
}

function positive(value: number | null | undefined): number | null | undefined {
  return typeof value === "number" && value <= 0 ? null : value;
}

function padded(low: number | null, high: number | null): [number, number] {
  if (low === null || high === null) return [0, 1];
  const room = 0.06 * (high - low) || Math.abs(high) * 0.1 || 1;
  return [low >= 0 && low < high * 0.3 ? 0 : low - room, high + room];
}
