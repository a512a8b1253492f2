/** Lines over a number axis: uPlot in the dashboard's colours, with whole decades on a log axis. */

import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

import { element } from "../dom";
import { decades } from "../scale";
import { drawBelow, drawAbove } from "./plot-marks";
import { settings } from "./plot-settings";
import { onThemeChange, theme } from "./theme";

export interface Line {
  label: string;
  color: 0 | 1 | 2 | 3;
  dash?: number[];
  /** Dots on the measured places, where they are few enough to tell apart. */
  points?: boolean;
  /** Draws across missing points: for series measured less often than their neighbours. */
  bridge?: boolean;
  /** An edge of a band: barely drawn, only read out. */
  edge?: boolean;
  /** Upright bars instead of a line. */
  bars?: boolean;
}

export interface PlotOptions {
  lines: readonly Line[];
  /** Pairs of lines, by place, with the ground between them filled. */
  bands?: readonly { upper: number; lower: number }[];
  xLabel: string;
  height: number;
  /** A place on x as text, for the axis and for the readout. */
  xText(x: number, where: "axis" | "readout"): string;
  onPick(x: number): void;
}

export interface PlotData {
  x: number[];
  lines: (number | null | undefined)[][];
  /** Other names for the lines; null leaves a line out. */
  labels?: readonly (string | null)[];
  xRange: [number, number];
  y: "log" | "share" | "linear" | "count";
  /** Ground between two values that is thought good, and the value to aim at. */
  zone?: { from: number; to: number; at: number };
  /** Ground on the x axis from the left end to here, with a word that says what it is. */
  shade?: { to: number; text: string };
  /** Places with values that are no finite numbers. */
  broken?: readonly number[];
  description: string;
}

/** What is drawn: the data, with the lines that are left out taken out of it. */
export interface Drawn extends PlotData {
  shown: Line[];
  bands: { upper: number; lower: number }[];
  decades: [number, number];
  /** Places with a zero, which has none on a log axis. */
  zeros: number[];
  marked: number | null;
}

export class Plot {
  readonly element: HTMLElement;
  private chart: uPlot | null = null;
  private drawn: Drawn | null = null;
  private marked: number | null = null;
  private form = "";

  constructor(private readonly options: PlotOptions, signal: AbortSignal) {
    this.element = element(
      "div", { class: "plot", tabindex: 0, role: "group", "aria-label": `Chart. Left and right arrow keys choose the ${options.xLabel}.` });
    const resize = new ResizeObserver(() => this.resize());
    resize.observe(this.element);
    onThemeChange(() => this.build(), signal);
    signal.addEventListener("abort", () => (resize.disconnect(), this.chart?.destroy()));
    this.element.addEventListener("keydown", (event) => this.onKey(event));
  }

  show(data: PlotData): void {
    this.drawn = drawnOf(data, this.options, this.marked);
    const form = JSON.stringify([data.y, this.drawn.shown.map((line) => line.label)]);
    const rebuild = form !== this.form;
    this.form = form;
    if (rebuild || !this.chart) this.build();
    else this.chart.setData(aligned(this.drawn));
    this.chart?.ctx.canvas.setAttribute("aria-label", data.description);
    this.readMarked();
  }

  /** Draws an upright line at `x`. */
  mark(x: number | null): void {
    this.marked = x;
    if (this.drawn) this.drawn.marked = x;
    this.chart?.redraw(false);
    this.readMarked();
  }

  private resize(): void {
    const width = this.element.clientWidth;
    if (width === 0 || !this.drawn) return;
    if (this.chart) this.chart.setSize({ width, height: this.options.height });
    else this.build();
  }

  private build(): void {
    const width = this.element.clientWidth;
    if (!this.drawn || width === 0) return;
    this.chart?.destroy();
    const colors = theme();
    const hooks: uPlot.Hooks.Arrays = {
      drawClear: [(chart) => drawBelow(chart, this.drawn!, colors)],
      draw: [(chart) => drawAbove(chart, this.drawn!, colors)],
      setCursor: [() => this.readMarked()],
    };
    this.chart = new uPlot({ ...settings(this.options, () => this.drawn!, width, colors), hooks }, aligned(this.drawn), this.element);
    const { canvas } = this.chart.ctx;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", this.drawn.description);
    this.chart.over.addEventListener("click", () => {
      const place = this.chart?.cursor.idx;
      if (place !== null && place !== undefined) this.options.onPick(this.drawn!.x[place]!);
    });
    this.readMarked();
  }

  private onKey(event: KeyboardEvent): void {
    const { drawn } = this;
    if (!drawn || drawn.x.length === 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const place = Math.max(0, placeOf(drawn, this.marked ?? drawn.x[0]!));
    const moves: Record<string, number> = {
      ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -place, End: drawn.x.length,
    };
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    this.options.onPick(drawn.x[Math.min(drawn.x.length - 1, Math.max(0, place + move))]!);
  }

  /** While no pointer is over the chart, its readout tells the values at the mark. */
  private readMarked(): void {
    if (!this.chart || !this.drawn || this.marked === null || typeof this.chart.cursor.idx === "number") return;
    const place = placeOf(this.drawn, this.marked);
    if (place >= 0) this.chart.setLegend({ idx: place }, false);
  }
}

function drawnOf(data: PlotData, options: PlotOptions, marked: number | null): Drawn {
  const kept = options.lines.map((_, place) => place).filter((place) => data.labels?.[place] !== null);
  const lines = kept.map((place) => (data.y === "log" ? data.lines[place]!.map(positive) : data.lines[place]!));
  const bands = (options.bands ?? [])
    .map(({ upper, lower }) => ({ upper: kept.indexOf(upper), lower: kept.indexOf(lower) }))
    .filter(({ upper, lower }) => upper >= 0 && lower >= 0);
  return {
    ...data, lines, bands, marked,
    shown: kept.map((place) => ({ ...options.lines[place]!, label: data.labels?.[place] ?? options.lines[place]!.label })),
    decades: data.y === "log" ? decades([...lines, data.zone ? [data.zone.from, data.zone.to] : []], 1) : [0, 1],
    zeros: data.y === "log" ? data.x.filter((_, row) => kept.some((place) => data.lines[place]![row] === 0)) : [],
  };
}

function aligned(drawn: Drawn): uPlot.AlignedData {
  return [drawn.x, ...drawn.lines] as uPlot.AlignedData;
}

function placeOf(drawn: Drawn, x: number): number {
  return drawn.x.findLastIndex((other) => other <= x);
}

/** A zero has no place on a log axis: the line leaves it out. */
function positive(value: number | null | undefined): number | null | undefined {
  return typeof value === "number" && value <= 0 ? null : value;
}
