/** Asks the service about a draft while it is being written: a little after the last key, and never two questions at once. */

import { ApiError, preflight } from "../../api";
import type { Fault, Preflight } from "../../shapes";

export type Verdict =
  | { kind: "fine"; preflight: Preflight }
  | { kind: "wrong"; sentence: string; faults: readonly Fault[] }
  /** The service could not be asked. */
  | { kind: "unknown"; sentence: string };

const PAUSE_MS = 250;

export class Checker {
  private timer = 0;
  private asked = new AbortController();

  constructor(private readonly onVerdict: (verdict: Verdict) => void, private readonly signal: AbortSignal) {
    signal.addEventListener("abort", () => this.drop());
  }

  /** Forgets what was asked before. */
  check(experiment: unknown, pause = PAUSE_MS): void {
    this.drop();
    this.timer = setTimeout(() => void this.ask(experiment), pause);
  }

  drop(): void {
    clearTimeout(this.timer);
    this.asked.abort();
  }

  private async ask(experiment: unknown): Promise<void> {
    this.asked = new AbortController();
    const signal = AbortSignal.any([this.signal, this.asked.signal]);
    try {
      const answer = await preflight(experiment, signal);
      if (!signal.aborted) this.onVerdict({ kind: "fine", preflight: answer });
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ApiError)) throw error;
      this.onVerdict(verdictOf(error));
    }
  }
}

export function verdictOf(error: ApiError): Verdict {
  if (error.places.length > 0) return { kind: "wrong", sentence: error.message, faults: error.places };
  if (error.status === 400 || error.status === 413 || error.status === 422) {
    return { kind: "wrong", sentence: error.message, faults: [{ pointer: "", detail: error.message }] };
  }
  return { kind: "unknown", sentence: error.message };
}
