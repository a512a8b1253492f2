/** One of the two jobs: followed while it runs, with the series that are compared. */

import { ApiError, getCurve, getLayers, getTrace } from "../../api";
import { axisEnd, endOf } from "../../columns";
import { watchJob } from "../../live";
import { paced } from "../../pace";
import { hasEnded, type Columns, type Job, type LayerRow } from "../../shapes";

export const CURVES = ["loss", "validation_loss", "accuracy", "validation_accuracy"] as const;

export type CurveName = (typeof CURVES)[number];

const COLUMNS = 600;
const REFRESH_MS = 800;

export class Side {
  job: Job | null = null;
  /** Why there is no job, or what the service had to say. */
  trouble: string | null = null;
  trace: Columns | null = null;
  network: LayerRow[] = [];
  curves: Partial<Record<CurveName, Columns | null>> = {};
  private readonly own = new AbortController();
  private readonly signal: AbortSignal;
  private readonly refresh: () => void;

  constructor(readonly id: string, private metric: string, private readonly onChange: () => void, outer: AbortSignal) {
    this.signal = AbortSignal.any([outer, this.own.signal]);
    this.refresh = paced(() => this.load(), REFRESH_MS, this.signal);
    watchJob(id, {
      onJob: (job) => this.take(job),
      onProgress: (progress) => {
        if (this.job) this.take({ ...this.job, progress });
      },
      onLink: () => undefined,
      onError: (error) => this.complain(error.status === 404 || error.status === 422 ? `There is no job ${id}.` : error.message),
    }, this.signal);
  }

  stop(): void {
    this.own.abort();
  }

  setMetric(metric: string): void {
    this.metric = metric;
    void this.loadTrace();
  }

  get ended(): boolean {
    return this.job !== null && hasEnded(this.job);
  }

  /** Where its step axis ends. */
  get end(): number {
    const trained = Math.max(this.job?.progress.step ?? 0, this.trace ? endOf(this.trace) : 0);
    return axisEnd(trained, this.job?.progress.total_steps ?? 0, this.ended);
  }

  private take(job: Job): void {
    const first = this.job === null;
    this.job = job;
    this.trouble = null;
    if (first) void this.loadLayers();
    this.refresh();
    this.onChange();
  }

  private async load(): Promise<void> {
    await Promise.all([this.loadTrace(), this.loadCurves()]);
  }

  private async loadTrace(): Promise<void> {
    const { metric } = this;
    const trace = await this.attempt(() => getTrace(this.id, metric, COLUMNS, this.signal));
    if (trace === null || metric !== this.metric) return;
    this.trace = trace;
    this.onChange();
  }

  private async loadCurves(): Promise<void> {
    const found = await Promise.all(CURVES.map((name) => this.attempt(() => getCurve(this.id, name, "mean", this.signal))));
    if (this.signal.aborted) return;
    // Where one of them failed, what was there stays.
    CURVES.forEach((name, place) => (this.curves[name] = found[place] ?? this.curves[name] ?? null));
    this.onChange();
  }

  private async loadLayers(): Promise<void> {
    this.network = (await this.attempt(() => getLayers(this.id, this.signal))) ?? [];
    if (!this.signal.aborted) this.onChange();
  }

  /** null when there is none (yet), or the service did not answer: the next refresh tries again. */
  private async attempt<T>(work: () => Promise<T>): Promise<T | null> {
    try {
      const found = await work();
      return this.signal.aborted ? null : found;
    } catch (error) {
      if (this.signal.aborted) return null;
      if (!(error instanceof ApiError)) throw error;
      if (error.status >= 400 && error.status !== 404 && error.status !== 429) this.complain(error.message);
      return null;
    }
  }

  private complain(message: string): void {
    this.trouble = message;
    this.onChange();
  }
}
