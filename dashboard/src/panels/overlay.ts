/** The picker of the job that is laid over this one. */

import { verdict } from "../badges";
import { element, fill } from "../dom";
import { ago } from "../format";
import type { Job } from "../shapes";

const LONGEST_NAME = 28;

export class OverlayPicker {
  readonly elements: readonly HTMLElement[];
  private readonly select = element("select", { id: "over" });
  private jobs: readonly Job[] = [];

  constructor(private readonly own: string, onPick: (id: string | null) => void) {
    this.elements = [element("label", { for: "over", class: "visually-hidden" }, "Lay another job over it"), this.select];
    this.select.addEventListener("change", () => onPick(this.select.value || null));
    this.offer([], null);
  }

  /** Recent jobs to choose from, `chosen` among them however old it is. */
  offer(recent: readonly Job[], chosen: Job | null): void {
    const others = recent.filter((job) => job.id !== this.own);
    this.jobs = chosen === null || others.some((job) => job.id === chosen.id) ? others : [chosen, ...others];
    fill(
      this.select,
      element("option", { value: "" }, chosen === null ? "Lay a job over…" : "Lay nothing over"),
      ...this.jobs.map((job) => element("option", { value: job.id }, `${nameOf(job)} · ${verdict(job).text} · ${ago(job.created_at)}`)),
    );
    this.select.value = chosen?.id ?? "";
  }
}

export function nameOf(job: Job): string {
  return job.name || job.id;
}

/** A name that tells the job from this one, short enough for a legend. */
export function shortNameOf(job: Job, own: Job | null): string {
  const name = nameOf(job);
  const short = name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME - 1)}…` : name;
  return own !== null && nameOf(own) === name ? `${short} (${job.id.slice(-6)})` : short;
}
