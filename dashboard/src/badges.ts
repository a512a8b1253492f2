/** State and verdict as small coloured words. The word carries the meaning; the colour only repeats it. */

import { element } from "./dom";
import { words } from "./format";
import type { Finding, Job } from "./shapes";

export type Tone = "good" | "critical" | "warning" | "info" | "quiet";

export function stateBadge(state: Job["state"]): HTMLElement {
  return element("span", { class: `badge state-${state}`, "data-state": state }, words(state));
}

export interface Verdict {
  text: string;
  tone: Tone;
}

export function verdict(job: Job): Verdict {
  const { verdict: rule, status, findings } = job.diagnosis;
  if (rule === "healthy" || (rule === null && status === "healthy")) return { text: "Healthy", tone: "good" };
  if (rule !== null) return { text: words(rule), tone: primary(job)?.severity ?? "warning" };
  if (findings[0]) return { text: words(findings[0].rule), tone: findings[0].severity };
  if (job.state === "failed" || job.state === "cancelled") return { text: "No verdict", tone: "quiet" };
  return { text: "No verdict yet", tone: "quiet" };
}

/** The finding the verdict is named after: the root cause. A healthy job has none, whatever it was told for information. */
export function primary(job: Job): Finding | undefined {
  const { findings, verdict: rule, status } = job.diagnosis;
  if (status === "healthy") return undefined;
  return findings.find((finding) => finding.rule === rule) ?? findings[0];
}

export function verdictBadge(job: Job): HTMLElement {
  const { text, tone } = verdict(job);
  return element("span", { class: `verdict-word tone-${tone}` }, text);
}
