/** Round places on an axis. */

/** At most `most` round numbers in [from, to]. */
export function roundTicks(from: number, to: number, most: number): number[] {
  const span = to - from;
  if (!(span > 0) || most < 1) return [from];
  const rough = span / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const ticks: number[] = [];
  for (let index = Math.ceil(from / step); index * step <= to + step * 1e-9; index++) ticks.push(index * step);
  return ticks;
}

/** At most `most` powers of ten in [10^from, 10^to], evenly spaced. */
export function decadeTicks(from: number, to: number, most: number): number[] {
  const stride = Math.max(1, Math.ceil((to - from) / Math.max(1, most - 1)));
  const ticks: number[] = [];
  for (let decade = to; decade >= from; decade -= stride) ticks.unshift(10 ** decade);
  return ticks;
}

export function decadeLabel(value: number): string {
  const decade = Math.round(Math.log10(value));
  if (decade >= -2 && decade <= 3) return String(Number((10 ** decade).toPrecision(1)));
  return `1e${decade}`;
}
