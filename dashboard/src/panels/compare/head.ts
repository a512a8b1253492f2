/** Who is compared: a picker for each side, how its job stands, and its verdict. */

import { stateBadge, verdict, verdictBadge } from "../../badges";
import { element, fill, setText } from "../../dom";
import { ago } from "../../format";
import { fillBar, paceText, progressBar, stepsText } from "../../progress";
import { hasEnded, type Job } from "../../shapes";
import type { Letter } from "./match";
import type { Side } from "./side";

export class SideHead {
  private readonly select: HTMLSelectElement;
  private readonly open = element("a", { class: "side-open", hidden: true }, "Open");
  private readonly state = element("span", { class: "side-state" });
  private readonly verdict = element("span", {});
  private readonly bar = progressBar("Progress");
  private readonly steps = element("span", { class: "muted" });
  private readonly trouble = element("p", { class: "notice critical", role: "alert", hidden: true });
  private readonly line = element("div", { class: "side-line", hidden: true }, this.verdict, this.state, this.steps);
  readonly element: HTMLElement;
  private shown = "";
  private offered = "";

  constructor(letter: Letter, onChoose: (id: string | null) => void) {
    const name = letter.toUpperCase();
    this.select = element("select", { id: `choose-${letter}` });
    this.select.addEventListener("change", () => onChoose(this.select.value || null));
    this.element = element(
      "section", { class: "panel side-head", "data-side": letter, "aria-label": `Job ${name}` },
      element("div", { class: "side-choice" },
        element("label", { for: this.select.id, class: `letter letter-${letter}`, title: `Job ${name}` }, name), this.select, this.open),
      this.line, this.bar, this.trouble,
    );
  }

  show(side: Side | null, recent: readonly Job[]): void {
    this.offer(side, recent);
    this.trouble.hidden = !side?.trouble;
    setText(this.trouble, side?.trouble ?? "");
    const job = side?.job ?? null;
    this.open.hidden = this.line.hidden = job === null;
    this.bar.hidden = job === null || hasEnded(job);
    if (!job) return;
    this.open.href = `/ui/jobs/${encodeURIComponent(job.id)}`;
    this.open.setAttribute("aria-label", `Open ${job.name || job.id}`);
    const now = JSON.stringify([job.state, verdict(job)]);
    if (now !== this.shown) {
      fill(this.state, stateBadge(job.state));
      fill(this.verdict, verdictBadge(job));
    }
    this.shown = now;
    fillBar(this.bar, job.progress);
    setText(this.steps, [stepsText(job.progress), paceText(job.state, job.progress)].filter(Boolean).join(", "));
  }

  /** Recent jobs, and the chosen one however old it is. */
  private offer(side: Side | null, recent: readonly Job[]): void {
    const jobs = side?.job && !recent.some((job) => job.id === side.id) ? [side.job, ...recent] : recent;
    const options: [string, string][] = jobs.map((job) => [job.id, optionText(job)]);
    if (side && !jobs.some((job) => job.id === side.id)) options.unshift([side.id, side.id]);
    if (!side) options.unshift(["", "Choose a job…"]);
    const now = JSON.stringify([side?.id, options]);
    // A list that is open, or about to be, stays as it is.
    if (now === this.offered || (document.activeElement === this.select && this.select.value === (side?.id ?? ""))) return;
    this.offered = now;
    fill(this.select, ...options.map(([value, text]) => element("option", { value }, text)));
    this.select.value = side?.id ?? "";
  }
}

function optionText(job: Job): string {
  return `${job.name || job.id} · ${verdict(job).text} · ${ago(job.created_at)}`;
}
