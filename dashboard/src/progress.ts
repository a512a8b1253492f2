/** A job's progress as a bar and in words. */

import { element } from "./dom";
import { count, duration } from "./format";
import type { Job, Progress } from "./shapes";

export function progressBar(label: string): HTMLProgressElement {
  return element("progress", { max: 1, value: 0, "aria-label": label });
}

export function fillBar(bar: HTMLProgressElement, { step, total_steps }: Progress): void {
  bar.max = Math.max(1, total_steps);
  bar.value = step;
}

export function stepsText({ step, total_steps }: Progress): string {
  return step >= total_steps ? `${count(step)} steps` : `${count(step)} of ${count(total_steps)} steps`;
}

/** "1,234 steps/s, 12 s left"; empty when nothing is running. */
export function paceText(state: Job["state"], progress: Progress): string {
  if (state !== "running") return "";
  const parts: string[] = [];
  if (progress.steps_per_second) parts.push(`${count(Math.round(progress.steps_per_second))} steps/s`);
  if (progress.eta_seconds !== null) parts.push(`${duration(progress.eta_seconds)} left`);
  return parts.join(", ");
}
