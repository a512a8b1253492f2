/** Fetches what the heatmap's first picture leaves out: the smallest values, and more columns where the user zooms. */

import { ApiError, type Part } from "../api";
import { pictureOf, type Picture } from "../charts/raster";
import type { StepRange } from "../charts/zoom";
import { isRaw } from "../columns";
import { paced } from "../pace";
import type { Columns } from "../shapes";

/** A metric of every layer in at most so many columns. Rejects with an `ApiError`. */
export type TraceReader = (metric: string, maxPoints: number, part: Part) => Promise<Columns>;

/** Over twice what is seen: enough for one column on two pixels, and for panning by a half. */
const COLUMNS = 1200;
/** A picture is fine enough while it has so many columns for what is seen. */
const ENOUGH = 400;
/** A wheel turns on for so long before its end is worth a request. */
const REST_MS = 120;

export class Finer {
  private base: Columns | null = null;
  private low: Columns | null = null;
  private detail: Picture | null = null;
  private window: StepRange | null = null;
  private readonly readLow: () => void;
  private readonly readDetail: () => void;

  constructor(
    private readonly read: TraceReader | null, private readonly onLow: () => void, private readonly onDetail: (detail: Picture | null) => void,
    private readonly signal: AbortSignal,
  ) {
    this.readLow = paced(() => this.loadLow(), REST_MS, signal);
    this.readDetail = paced(() => this.loadDetail(), REST_MS, signal);
  }

  /** The smallest values of the whole run, where they are known. */
  lowOf(columns: Columns): Columns | null {
    return this.low?.metric === columns.metric ? this.low : null;
  }

  /** Something new to look at, or the same with more steps. */
  show(columns: Columns): void {
    const grown = this.base?.source_points !== columns.source_points || this.base.metric !== columns.metric;
    this.base = columns;
    if (!this.read || !grown) return;
    if (!isRaw(columns)) this.readLow();
    this.readDetail();
  }

  look(window: StepRange | null): void {
    this.window = window;
    if (this.read) this.readDetail();
  }

  private async loadLow(): Promise<void> {
    const { base } = this;
    if (!base) return;
    const low = await this.attempt(base.metric, base.steps.length, { agg: "min" });
    if (!low || this.base?.metric !== low.metric) return;
    this.low = low;
    this.onLow();
  }

  private async loadDetail(): Promise<void> {
    const { base, window } = this;
    if (!base || !window || isRaw(base)) return this.settle(null);
    if (this.detail && isFine(this.detail, base, window)) return;
    const span = window.to - window.from;
    const part = { from: Math.max(0, Math.floor(window.from - span / 2)), to: Math.ceil(window.to + span / 2) };
    const columns = await this.attempt(base.metric, COLUMNS, { ...part, agg: "max" });
    if (!columns) return;
    const low = isRaw(columns) ? null : await this.attempt(base.metric, COLUMNS, { ...part, agg: "min" });
    if (this.base?.metric === columns.metric && columns.steps.length > 0) this.settle(pictureOf(columns, low, part.to + 1));
  }

  private settle(detail: Picture | null): void {
    this.detail = detail;
    if (!this.signal.aborted) this.onDetail(detail);
  }

  /** null where the service does not answer now: the coarse picture stays. */
  private async attempt(metric: string, maxPoints: number, part: Part): Promise<Columns | null> {
    try {
      const columns = await this.read!(metric, maxPoints, part);
      return this.signal.aborted ? null : columns;
    } catch (error) {
      if (this.signal.aborted || error instanceof ApiError) return null;
      throw error;
    }
  }
}

/** Whether a finer picture still serves: of this metric, around all that is seen and measured, and fine enough. */
function isFine({ columns, end }: Picture, base: Columns, { from, to }: StepRange): boolean {
  const begins = columns.steps[0]! <= Math.max(from, base.steps[0] ?? 0);
  const reaches = end >= to || end > (base.steps.at(-1) ?? 0);
  return columns.metric === base.metric && begins && reaches && (isRaw(columns) || columns.bucket_steps * ENOUGH <= to - from);
}
