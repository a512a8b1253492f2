/** What uPlot is told: scales, axes and series. */

import uPlot from "uplot";

import { number } from "../format";
import type { Drawn, Line, PlotOptions } from "./plot";
import type { Theme } from "./theme";
import { decadeLabel, decadeTicks } from "./ticks";

const WHOLE = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 2e6, 5e6, 1e7, 1e8];

// More dots than this run into each other.
const MOST_DOTS = 60;

const BARS = uPlot.paths.bars!({ size: [1, Infinity], gap: 1 });

/** `drawn` is asked again at every redraw: the data change more often than the form of a chart. */
export function settings(options: PlotOptions, drawn: () => Drawn, width: number, colors: Theme): uPlot.Options {
  const { shown, bands } = drawn();
  return {
    width, height: options.height,
    padding: [10, 20, 0, 0],
    scales: { x: { time: false, range: () => drawn().xRange }, y: yScale(drawn) },
    axes: [
      {
        stroke: colors.muted, font: colors.font, grid: { show: false }, size: 30, incrs: WHOLE, space: 56,
        ticks: { stroke: colors.line, size: 4 },
        values: (_, splits) => splits.map((x) => options.xText(x, "axis")),
      },
      {
        stroke: colors.muted, font: colors.font, grid: { stroke: colors.line, width: 1 }, ticks: { show: false }, size: 52,
        ...yTicks(drawn, options.height),
      },
    ],
    series: [
      { label: options.xLabel, value: (_, x) => (x === null ? "–" : options.xText(x, "readout")) },
      ...shown.map((line) => series(line, colors)),
    ],
    bands: bands.map(({ upper, lower }) => ({
      series: [upper + 1, lower + 1], fill: `${colors.series[shown[lower]!.color]!}2e`,
    })),
    cursor: { y: false, points: { size: 7 }, drag: { x: false, y: false } },
    legend: { live: true },
  };
}

function series(line: Line, colors: Theme): uPlot.Series {
  const color = colors.series[line.color]!;
  return {
    label: line.label,
    stroke: line.edge ? `${color}59` : color,
    width: line.bars ? 0 : line.edge ? 1 : line.dash ? 1.25 : 1.75,
    ...(line.dash ? { dash: line.dash } : {}),
    ...(line.bars ? { paths: BARS, fill: color } : {}),
    points: {
      show: (chart, index) => !line.bars && (line.points ?? false) && sparse(chart.data[index]!), size: 5, fill: colors.panel,
    },
    spanGaps: line.bridge ?? false,
    value: (_, value) => number(value),
  };
}

function yScale(drawn: () => Drawn): uPlot.Scale {
  switch (drawn().y) {
    case "log": return { distr: 3, log: 10, range: () => [10 ** drawn().decades[0], 10 ** drawn().decades[1]] };
    case "share": return { range: () => [0, 1] };
    case "count": return { range: (_, _low, high) => [0, (high || 1) * 1.06] };
    default: return { range: (_, low, high) => padded(low, high) };
  }
}

function yTicks(drawn: () => Drawn, height: number): Partial<uPlot.Axis> {
  if (drawn().y !== "log") return { values: (_, splits) => splits.map((value) => number(Number(value.toPrecision(4)))) };
  return {
    splits: () => decadeTicks(...drawn().decades, height / 34),
    filter: (_, splits) => splits,
    values: (_, splits) => splits.map(decadeLabel),
  };
}

function sparse(values: ArrayLike<number | null | undefined>): boolean {
  return Array.from(values).filter((value) => typeof value === "number").length <= MOST_DOTS;
}

function padded(low: number | null, high: number | null): [number, number] {
  if (low === null || high === null) return [0, 1];
  const room = 0.06 * (high - low) || Math.abs(high) * 0.1 || 1;
  return [low >= 0 && low < high * 0.3 ? 0 : low - room, high + room];
}
