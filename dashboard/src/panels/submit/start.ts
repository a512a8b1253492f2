/** Where to start from: an example, a job, a draft of this tab, or nothing. */

import { ApiError, listJobs } from "../../api";
import { verdictBadge } from "../../badges";
import { element, fill } from "../../dom";
import { FAMILIES, type Family } from "../../examples";
import { ago } from "../../format";
import type { Job } from "../../shapes";
import { drafts } from "./origin";

const MOST_JOBS = 8;

export function startChooser(signal: AbortSignal): HTMLElement {
  const jobs = element("ul", { class: "start-jobs" });
  const jobsPanel = element("section", { class: "panel", "aria-labelledby": "start-jobs", hidden: true },
    element("h2", { id: "start-jobs" }, "From a job: edit and run again"), jobs);
  const kept = drafts();
  void loadJobs();
  return element(
    "div", { class: "start" },
    kept.length > 0 && element(
      "section", { class: "panel", "aria-labelledby": "start-drafts" },
      element("h2", { id: "start-drafts" }, "Go on with a draft"),
      element("ul", {}, ...kept.map(({ query, words }) => element("li", {}, link(query, `The draft that began with ${words}`)))),
    ),
    element(
      "section", { "aria-labelledby": "start-examples" },
      element("h2", { id: "start-examples" }, "From an example"),
      element("div", { class: "start-examples" }, ...FAMILIES.map(card)),
    ),
    jobsPanel,
    element(
      "section", { class: "panel", "aria-labelledby": "start-blank" },
      element("h2", { id: "start-blank" }, "From nothing"),
      element("p", {}, link("blank=1", "One layer on handwritten digits"), ", to build on."),
    ),
  );

  async function loadJobs(): Promise<void> {
    try {
      const page = await listJobs({ state: null, after: null, limit: MOST_JOBS }, signal);
      if (signal.aborted) return;
      fill(jobs, ...page.data.map(jobRow));
      jobsPanel.hidden = page.data.length === 0;
    } catch (error) {
      // The jobs are one start of several; the others need no service.
      if (!signal.aborted && !(error instanceof ApiError)) throw error;
    }
  }
}

function card({ sentence, examples }: Family): HTMLElement {
  return element(
    "article", { class: "panel start-card" },
    element("h3", {}, examples[0]!.title),
    element("p", {}, sentence),
    element("ul", {}, ...examples.map(({ name }) => element("li", {}, link(`example=${name}`, name)))),
  );
}

function jobRow(job: Job): HTMLElement {
  return element("li", {},
    link(`from=${encodeURIComponent(job.id)}`, job.name || job.id), verdictBadge(job), element("span", { class: "muted" }, ago(job.created_at)));
}

function link(query: string, text: string): HTMLElement {
  return element("a", { href: `/ui/new?${query}` }, text);
}
