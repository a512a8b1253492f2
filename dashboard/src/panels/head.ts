/** The top of a job's page: its name, its verdict, how far it is, and what can be done with it. */

import { primary, stateBadge, verdict } from "../badges";
import { element, fill, setText } from "../dom";
import { ago, count, duration, secondsBetween, words } from "../format";
import type { Link } from "../live";
import { fillBar, paceText, progressBar, stepsText } from "../progress";
import type { Job, Progress } from "../shapes";
import { JobActions } from "./head-actions";

const LINKS: Record<Link, string> = { live: "Live", polling: "Updating", lost: "Reconnecting", ended: "" };

export class JobHead {
  private readonly title = element("h1", {}, "…");
  private readonly state = element("span", { class: "head-state" });
  private readonly link = element("span", { class: "link", role: "status" });
  private readonly word = element("p", { class: "verdict-big" });
  private readonly reason = element("p", { class: "verdict-reason" });
  private readonly verdict = element("div", { class: "verdict", "aria-live": "polite" }, this.word, this.reason);
  private readonly bar = progressBar("Training progress");
  private readonly steps = element("span", {});
  private readonly pace = element("span", { class: "muted" });
  private readonly facts = element("p", { class: "muted head-facts" });
  private readonly alert = element("p", { class: "notice critical", role: "alert", hidden: true });
  private readonly actions: JobActions;
  readonly element: HTMLElement;
  private job: Job | null = null;

  constructor(signal: AbortSignal) {
    this.actions = new JobActions((message) => this.say(message), signal);
    this.element = element(
      "section", { class: "job-head", "aria-label": "Job" },
      element("div", { class: "head-line" }, this.title, this.state, this.link, this.actions.element),
      element(
        "div", { class: "head-body" },
        this.verdict,
        element("div", { class: "head-progress" }, this.bar, element("p", { class: "head-steps" }, this.steps, this.pace), this.facts),
      ),
      this.alert,
    );
  }

  show(job: Job): void {
    this.job = job;
    setText(this.title, job.name || job.id);
    fill(this.state, stateBadge(job.state));
    this.actions.show(job);
    const { text, tone } = verdict(job);
    this.verdict.className = `verdict tone-${tone}`;
    setText(this.word, text);
    setText(this.reason, reason(job));
    this.facts.textContent = facts(job);
    this.showProgress(job.progress);
    this.say(job.error ? `The job failed: ${job.error.detail ?? job.error.title}` : null);
  }

  showProgress(progress: Progress): void {
    if (!this.job) return;
    fillBar(this.bar, progress);
    this.steps.textContent = stepsText(progress);
    this.pace.textContent = paceText(this.job.state, progress);
  }

  showLink(link: Link): void {
    setText(this.link, LINKS[link]);
    this.link.dataset["link"] = link;
  }

  say(message: string | null): void {
    this.alert.hidden = message === null;
    setText(this.alert, message ?? "");
  }
}

function reason(job: Job): string {
  const finding = primary(job);
  if (finding) {
    const where = finding.layers.length > 0 ? `${layerCount(finding.layers)}, ` : "";
    const cause = finding.cause === "unknown" ? "" : `Cause: ${words(finding.cause).toLowerCase()}. `;
    const since = `${where}since step ${finding.first_step}.`;
    return cause + since.charAt(0).toUpperCase() + since.slice(1);
  }
  if (job.diagnosis.verdict === "healthy") return "Every rule looked at the whole trace and found nothing wrong.";
  if (job.state === "queued") return "Waiting for a worker.";
  if (job.state === "running") return "Nothing found so far. The last word comes with the last step.";
  return "The trace ended before a diagnosis.";
}

function layerCount(layers: readonly string[]): string {
  return layers.length > 2 ? `${layers.length} layers` : layers.join(" and ");
}

function facts(job: Job): string {
  const parts = [`Created ${ago(job.created_at)}`];
  if (job.device) parts.push(`on ${job.device}`);
  if (job.started_at && job.finished_at) parts.push(`took ${duration(secondsBetween(job.started_at, job.finished_at))}`);
  if (typeof job.result?.stopped_at === "number") parts.push(`stopped early, after ${count(job.result.stopped_at)} steps`);
  if (job.attempt > 1) parts.push(`attempt ${job.attempt}`);
  return parts.join(" · ");
}
