/** How large the gradient's entries of one layer are: log10|g| in octaves, and what float16 would lose of them. */

import { Plot } from "../charts/plot";
import { decadeLabel } from "../charts/ticks";
import { Figure } from "../figure";
import { count, number, percent } from "../format";
import type { Histogram } from "../shapes";

/** log10 of the largest |g| that float16 rounds to zero: half its smallest number. */
const UNDERFLOW = Math.log10(2 ** -25);

// Decades that are shown at least: a picture of one bin would say nothing of where it lies.
const LEAST_DECADES = 4;

export class HistogramPanel {
  readonly element: HTMLElement;
  private readonly figure: Figure;
  private readonly plot: Plot;

  constructor(signal: AbortSignal) {
    this.plot = new Plot(
      {
        lines: [{ label: "entries", color: 0, bars: true }],
        xLabel: "size of |g|", height: 220,
        xText: (exponent, where) => (where === "axis" ? decadeLabel(10 ** exponent) : `about ${number(10 ** exponent)}`),
        onPick: (exponent) => this.plot.mark(exponent),
      },
      signal,
    );
    this.figure = new Figure("histogram", "Gradient histogram", [this.plot.element]);
    this.element = this.figure.element;
    this.element.hidden = true;
  }

  show(histogram: Histogram | null): void {
    this.element.hidden = histogram === null;
    if (histogram === null) return;
    const { bins, step, entries, zeros, nonfinite, underflow_float16: underflow } = histogram;
    const layer = histogram.layer ?? "all layers";
    const shares = `${percent(share(underflow, entries))} would be lost to float16 (|g| up to 3e-8), ` +
      `${percent(share(zeros, entries))} are zero, ${count(nonfinite)} not finite.`;
    this.figure.describe(`log10|g| of the ${count(entries)} gradient entries of ${layer} at step ${count(step)}. ${shares}`);
    this.plot.show({
      x: bins.map(({ lo, hi }) => (lo + hi) / 2), lines: [bins.map((bin) => bin.count)], y: "count",
      xRange: range(bins), shade: { to: UNDERFLOW, text: "zero in float16" },
      description: `Histogram of the gradient of ${layer} at step ${count(step)}, from ${size(bins[0]?.lo)} to ${size(bins.at(-1)?.hi)}. ${shares}`,
    });
    this.plot.mark(null);
    this.figure.setTable(() => ({
      caption: `Gradient entries of ${layer} by size, step ${count(step)}`,
      columns: ["|g|", "log10 from", "log10 to", "entries"],
      rows: [
        ["zero", "–", "–", count(zeros)],
        ...bins.map(({ lo, hi, count: amount }) => [`${number(10 ** lo)} to ${number(10 ** hi)}`, lo.toFixed(3), hi.toFixed(3), count(amount)]),
        ["not finite", "–", "–", count(nonfinite)],
        ["zero in float16, of these", "–", UNDERFLOW.toFixed(3), count(underflow)],
      ],
    }));
  }
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

function size(exponent: number | undefined): string {
  return exponent === undefined ? "nothing" : number(10 ** exponent);
}

/** Whole decades that hold all bins. */
function range(bins: Histogram["bins"]): [number, number] {
  const to = Math.ceil(bins.at(-1)?.hi ?? 0);
  return [Math.min(Math.floor(bins[0]?.lo ?? -LEAST_DECADES), to - LEAST_DECADES), to];
}
