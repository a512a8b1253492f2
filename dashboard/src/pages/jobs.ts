/** The list of jobs, newest first, kept up to date. */

import { ApiError, listJobs } from "../api";
import { stateBadge, verdictBadge } from "../badges";
import { element, fill } from "../dom";
import { ago, words } from "../format";
import { sleep } from "../pace";
import { welcome } from "../panels/welcome";
import { fillBar, paceText, progressBar, stepsText } from "../progress";
import type { Page } from "../router";
import { hasEnded, JOB_STATES, type Job, type JobPage, type JobState } from "../shapes";

const PAGE_SIZE = 25;
const BUSY_MS = 1_000;
const QUIET_MS = 5_000;

export const jobsPage: Page = (root, place, signal) => {
  const asked = place.query.get("state");
  const state = JOB_STATES.find((name) => name === asked) ?? null;
  const after = place.query.get("after");
  const body = element("tbody", {});
  const table = element(
    "table", { class: "jobs", hidden: true },
    element("caption", { class: "visually-hidden" }, "Jobs, newest first"),
    element("thead", {}, element("tr", {}, ...["Job", "Verdict", "State", "Progress", "Created"].map((name) => element("th", { scope: "col" }, name)))),
    body,
  );
  const note = element("div", { class: "jobs-note", role: "status" });
  const pager = element("nav", { class: "pager", "aria-label": "Pages" });
  const rows = new Map<string, JobRow>();

  document.title = "Jobs · Gradient Clinic";
  fill(root, element("div", { class: "page-head" }, element("h1", {}, "Jobs"), filters(state)), table, note, pager);
  void follow();

  async function follow(): Promise<void> {
    while (!signal.aborted) {
      const busy = document.hidden ? false : await refresh();
      await sleep(busy ? BUSY_MS : QUIET_MS, signal);
    }
  }

  async function refresh(): Promise<boolean> {
    try {
      const page = await listJobs({ state, after, limit: PAGE_SIZE }, signal);
      if (!signal.aborted) show(page);
      return page.data.some((job) => !hasEnded(job));
    } catch (error) {
      if (signal.aborted) return false;
      if (!(error instanceof ApiError)) throw error;
      fill(note, element("p", { class: "notice critical" }, error.message));
      return true;
    }
  }

  function show(page: JobPage): void {
    const seen = new Set(page.data.map((job) => job.id));
    for (const id of rows.keys()) if (!seen.has(id)) rows.delete(id);
    for (const job of page.data) {
      const row = rows.get(job.id) ?? new JobRow(job.id);
      row.show(job);
      rows.set(job.id, row);
    }
    const wanted = page.data.map((job) => rows.get(job.id)!.element);
    // Rows that stay keep their place in the document, and with it the keyboard's focus.
    if (wanted.length !== body.children.length || wanted.some((row, index) => row !== body.children[index])) fill(body, ...wanted);
    table.hidden = wanted.length === 0;
    if (wanted.length > 0) fill(note);
    else if (state === null && after === null) {
      if (!note.querySelector(".welcome")) fill(note, welcome(signal));
    } else fill(note, element("p", { class: "muted" }, state ? `No job is ${state} right now.` : "There are no older jobs."));
    const older = page.has_more && page.next_cursor ? element("a", { href: address(state, page.next_cursor), rel: "next" }, "Older jobs →") : null;
    fill(pager, after ? element("a", { href: address(state, null) }, "← Newest jobs") : null, older);
  }
};

class JobRow {
  private readonly name = element("a", {});
  private readonly verdict = element("td", { "data-label": "Verdict" });
  private readonly state = element("td", { "data-label": "State" });
  private readonly bar = progressBar("Progress");
  private readonly steps = element("span", { class: "muted" });
  private readonly created = element("time", {});
  private readonly under = element("span", { class: "muted job-under" });
  readonly element = element(
    "tr", {},
    element("th", { scope: "row" }, this.name, this.under),
    this.verdict, this.state,
    element("td", { "data-label": "Progress" }, this.bar, this.steps),
    element("td", { "data-label": "Created" }, this.created),
  );

  constructor(id: string) {
    this.name.href = `/ui/jobs/${encodeURIComponent(id)}`;
  }

  show(job: Job): void {
    this.element.dataset["job"] = job.id;
    this.name.textContent = job.name || job.id;
    const labels = Object.entries(job.labels).map(([name, value]) => `${name}: ${value}`);
    this.under.textContent = [job.id, ...labels].join(" · ");
    fill(this.verdict, verdictBadge(job));
    fill(this.state, stateBadge(job.state));
    fillBar(this.bar, job.progress);
    this.bar.hidden = job.state === "succeeded";
    this.steps.textContent = [stepsText(job.progress), paceText(job.state, job.progress)].filter(Boolean).join(", ");
    this.created.dateTime = job.created_at;
    this.created.title = new Date(job.created_at).toLocaleString();
    this.created.textContent = ago(job.created_at);
  }
}

function filters(current: JobState | null): HTMLElement {
  const link = (state: JobState | null): HTMLElement =>
    element("a", { href: address(state, null), "aria-current": state === current ? "true" : null }, state ? words(state) : "All");
  return element("nav", { class: "filters", "aria-label": "Filter by state" }, link(null), ...JOB_STATES.map(link));
}

function address(state: JobState | null, after: string | null): string {
  const query = new URLSearchParams();
  if (state) query.set("state", state);
  if (after) query.set("after", after);
  const text = query.toString();
  return `/ui/${text ? `?${text}` : ""}`;
}
