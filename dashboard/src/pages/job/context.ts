/** What the sections of a job's page share. */

import { ApiError, type Part } from "../../api";
import type { StepRange } from "../../charts/zoom";
import { axisEnd } from "../../columns";
import type { Selection } from "../../selection";
import { hasEnded, type Job, type LayerRow } from "../../shapes";

/** A job's pictures are loaded again at most so often while it trains. */
export const REFRESH_MS = 800;

export class Context {
  job: Job | null = null;
  network: LayerRow[] = [];
  /** The first step after the last one that a trace told of. */
  traced = 0;
  /** What the heatmap is zoomed to; null: the whole run. */
  window: StepRange | null = null;

  constructor(
    readonly id: string, readonly selection: Selection, readonly signal: AbortSignal, private readonly say: (message: string) => void,
  ) {}

  /** The steps that every step axis shows. */
  range(): [number, number] {
    return this.window ? [this.window.from, this.window.to] : [0, this.end()];
  }

  /** The part of a series that is seen. */
  part(): Part {
    return this.window ? { from: this.window.from, to: Math.max(this.window.from, this.window.to - 1) } : {};
  }

  /** Where the whole run ends. */
  end(): number {
    const { job } = this;
    const trained = Math.max(job?.progress.step ?? 0, this.traced);
    return axisEnd(trained, job?.progress.total_steps ?? 0, job !== null && hasEnded(job));
  }

  /** null when there is none (yet), or the service did not answer: the next refresh tries again. */
  readonly attempt = async <T>(work: () => Promise<T>): Promise<T | null> => {
    try {
      return await work();
    } catch (error) {
      if (this.signal.aborted) return null;
      if (!(error instanceof ApiError)) throw error;
      if (error.status >= 400 && error.status !== 404 && error.status !== 429) this.say(error.message);
      return null;
    }
  };
}

/** Pictures of one kind: what they show is loaded here, and follows the job and the selection. */
export interface Section {
  /** Those without anything to show are hidden. */
  readonly elements: readonly HTMLElement[];
  /** There may be something new to load. */
  refresh(): void;
}
