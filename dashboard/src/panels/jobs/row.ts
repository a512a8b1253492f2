/** One job as a row that stays itself while its job changes: only what is different is written. */

import { stateBadge, verdict, verdictBadge } from "../../badges";
import { button, element, fill, setAttributes, setText } from "../../dom";
import { ago, duration, number, percent } from "../../format";
import { fillBar, paceText, progressBar, stepsText } from "../../progress";
import { hasEnded, type Job } from "../../shapes";
import { secondsOf } from "./order";

export interface RowEvents {
  onPick(id: string): void;
  onLabel(label: string): void;
}

export class JobRow {
  readonly link = element("a", { class: "job-name" });
  private readonly box = element("input", { type: "checkbox" });
  private readonly labels = element("span", { class: "chips" });
  private readonly state = element("span", {});
  private readonly bar = progressBar("Progress");
  private readonly steps = element("span", { class: "muted job-steps" });
  private readonly verdict = element("td", { "data-label": "Verdict" });
  private readonly loss = element("td", { class: "figure", "data-label": "Loss" });
  private readonly accuracy = element("td", { class: "figure", "data-label": "Accuracy" });
  private readonly duration = element("td", { class: "figure", "data-label": "Duration" });
  private readonly created = element("time", {});
  readonly element = element(
    "tr", {},
    element("td", { class: "job-pick" }, element("label", {}, this.box)),
    element("th", { scope: "row" }, this.link, this.labels),
    element("td", { "data-label": "State", class: "job-state" }, this.state, this.bar, this.steps),
    this.verdict, this.loss, this.accuracy, this.duration,
    element("td", { "data-label": "Created", class: "figure" }, this.created),
  );
  private shown = { state: "", verdict: "", labels: "" };

  constructor(readonly id: string, private readonly events: RowEvents) {
    this.element.dataset["job"] = id;
    this.link.href = `/ui/jobs/${encodeURIComponent(id)}`;
    this.link.title = id;
    this.box.addEventListener("change", () => events.onPick(id));
  }

  /** `letter` is the place of the job in a comparison, or null. */
  show(job: Job, letter: string | null): void {
    const name = job.name || job.id;
    setText(this.link, name);
    this.box.checked = letter !== null;
    setAttributes(this.box, { "aria-label": `Compare ${name}` });
    setAttributes(this.element, { "data-picked": letter });
    this.showLabels(job);
    if (this.shown.state !== job.state) fill(this.state, stateBadge(job.state));
    const told = verdict(job);
    if (this.shown.verdict !== told.text + told.tone) fill(this.verdict, verdictBadge(job));
    this.shown = { ...this.shown, state: job.state, verdict: told.text + told.tone };
    fillBar(this.bar, job.progress);
    this.bar.hidden = hasEnded(job) && job.state !== "cancelled";
    setText(this.steps, [stepsText(job.progress), paceText(job.state, job.progress)].filter(Boolean).join(", "));
    const seconds = secondsOf(job);
    setText(this.loss, job.result && job.result.loss === null ? "not finite" : number(job.result?.loss));
    setText(this.accuracy, percent(job.result?.accuracy));
    setText(this.duration, seconds === null ? "–" : duration(seconds));
    setText(this.created, ago(job.created_at));
    setAttributes(this.created, { datetime: job.created_at, title: new Date(job.created_at).toLocaleString() });
  }

  private showLabels(job: Job): void {
    const labels = Object.entries(job.labels).map(([key, value]) => `${key}:${value}`);
    if (this.shown.labels === labels.join("\n")) return;
    this.shown.labels = labels.join("\n");
    fill(this.labels, ...labels.map((label) =>
      button(label, () => this.events.onLabel(label), { class: "chip", title: `Only jobs labelled ${label}` })));
  }
}
