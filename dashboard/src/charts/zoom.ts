/** The part of the step axis that is seen. Steps may be broken while a finger moves. */

export interface StepRange {
  from: number;
  /** Exclusive. */
  to: number;
}

/** Closer than this there is nothing more to see. */
const LEAST_STEPS = 8;

/** The nearest range of its length inside [0, end). */
export function within(range: StepRange, end: number): StepRange {
  const span = Math.min(end, Math.max(LEAST_STEPS, range.to - range.from));
  const from = Math.min(end - span, Math.max(0, range.from));
  return { from, to: from + span };
}

/** `factor` < 1 shows fewer steps; `at` stays where it is on the screen. */
export function zoomed(range: StepRange, factor: number, at: number, end: number): StepRange {
  const span = Math.min(end, Math.max(Math.min(end, LEAST_STEPS), (range.to - range.from) * factor));
  const share = (at - range.from) / (range.to - range.from);
  return within({ from: at - share * span, to: at + (1 - share) * span }, end);
}

export function panned(range: StepRange, steps: number, end: number): StepRange {
  return within({ from: range.from + steps, to: range.to + steps }, end);
}

/** Moved as little as needed to hold `step`. */
export function revealing(range: StepRange, step: number, end: number): StepRange {
  const span = range.to - range.from;
  if (step < range.from) return panned(range, step - span / 8 - range.from, end);
  if (step + 1 > range.to) return panned(range, step + 1 + span / 8 - range.to, end);
  return range;
}

/** Whole steps, or null where that is all of them. */
export function settled(range: StepRange, end: number): StepRange | null {
  const [from, to] = [Math.max(0, Math.floor(range.from + 1e-6)), Math.min(end, Math.ceil(range.to - 1e-6))];
  return from === 0 && to === end ? null : { from, to };
}
