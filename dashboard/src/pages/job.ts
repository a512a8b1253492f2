/** One job: its verdict, its findings, and the pictures that prove them, live while it trains. */

import { getLayers, listDatasets, type ApiError } from "../api";
import { element, fill } from "../dom";
import { useShortcuts } from "../keys";
import { watchJob } from "../live";
import { metricCalled, metricFor } from "../metrics";
import { Facts } from "../panels/facts";
import { Findings } from "../panels/findings";
import { JobHead } from "../panels/head";
import { offerRemedies } from "../panels/remedy";
import { rememberQuery, type Page } from "../router";
import { NOTHING, Selection } from "../selection";
import type { Finding, Job } from "../shapes";
import { Context } from "./job/context";
import { curvesSection } from "./job/curves";
import { DepthSection } from "./job/depth";
import { Gallery } from "./job/gallery";
import { histogramSection } from "./job/histogram";
import { layerSection } from "./job/layer";
import { timeSection } from "./job/time";

export const jobPage: Page = (root, place, signal) => {
  const id = place.parts[0] ?? "";
  const selection = new Selection(asked(place.query));
  const { layer: askedLayer, step: askedStep } = selection;
  let chosen = false;
  let suggesting = false;
  let described = false;

  const head = new JobHead(signal);
  const context = new Context(id, selection, signal, (message) => head.say(message));
  const findings = new Findings(jump, (finding) => context.job && offerRemedies(context.job, finding, () => context.network, signal));
  const facts = new Facts();
  const curves = curvesSection(context);
  const inside = [layerSection(context), histogramSection(context), timeSection(context)];
  // The trace comes first: whatever is asked beside it delays the first picture.
  const depth = new DepthSection(context, { suggest, shown: refreshOthers });
  const gallery = new Gallery([depth, ...inside, curves].flatMap(({ elements }) => elements), signal);
  const grid = element(
    "div", { class: "job-grid", hidden: true },
    element("div", { class: "job-rail" }, findings.element, facts.element),
    gallery.element,
  );

  document.title = "Job · Gradient Clinic";
  fill(
    root,
    element("nav", { class: "crumbs", "aria-label": "Breadcrumb" }, element("a", { href: "/ui/" }, "Jobs"), element("span", {}, id)),
    head.element,
    grid,
  );

  selection.onChange(({ layer, step, metric, over }) => {
    if (suggesting) return;
    chosen = true;
    rememberQuery({ layer, step: step === null ? null : String(step), metric: metric === NOTHING.metric ? null : metric, over });
  });

  useShortcuts("A job", [
    { keys: ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"], says: "In a picture: another step or layer" },
    { keys: ["PageUp", "PageDown"], says: "In a picture: ten steps back or on" },
    { keys: ["Home", "End"], says: "In a picture: to the first or the last" },
    { keys: ["f"], says: "Show the next finding", run: () => jumpToNext(1) },
    { keys: ["F"], says: "Show the finding before", run: () => jumpToNext(-1) },
  ], signal);

  depth.refresh();

  watchJob(id, {
    onJob(job) {
      context.job = job;
      grid.hidden = false;
      document.title = `${job.name || job.id} · Gradient Clinic`;
      head.show(job);
      facts.show(job);
      findings.show(job, context.network);
      depth.follow();
    },
    onProgress(progress) {
      if (!context.job) return;
      context.job = { ...context.job, progress };
      head.showProgress(progress);
      depth.refresh();
    },
    onLink: (link) => head.showLink(link),
    onError: (error) => (error.status === 404 ? missing(error) : head.say(error.message)),
  }, signal);

  function refreshOthers(): void {
    for (const section of [...inside, curves]) section.refresh();
    if (context.job && !described) void describe(context.job);
  }

  /** What stays as it is: the layers, and the name of the data. */
  async function describe(job: Job): Promise<void> {
    described = true;
    const rows = await context.attempt(() => getLayers(id, signal));
    if (signal.aborted) return;
    if (!rows) return void (described = false);
    context.network = rows;
    facts.showLayers(rows);
    findings.show(context.job ?? job, rows);
    inside.forEach((section) => section.refresh());
    const dataset = job.experiment.data?.source?.dataset_id;
    if (!dataset) return;
    const datasets = await context.attempt(() => listDatasets(signal));
    const name = datasets?.find((other) => other.id === dataset)?.name;
    if (name && !signal.aborted) facts.showDataset(name);
  }

  /** Where the page looks until the user chooses. */
  function suggest(layer: string | null, step: number): void {
    if (chosen) return;
    suggesting = true;
    selection.set({ layer: askedLayer ?? layer, step: askedStep ?? step });
    suggesting = false;
  }

  function jump(finding: Finding): void {
    selection.set({
      layer: finding.layers[0] ?? selection.layer, step: finding.first_step, metric: metricFor(finding.rule) ?? selection.metric,
    });
    depth.heatmap.outline({ layers: finding.layers, from: finding.first_step, to: finding.last_step });
    findings.highlight(finding);
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    depth.heatmap.element.scrollIntoView({ block: "nearest", behavior: still ? "auto" : "smooth" });
    depth.heatmap.focus();
  }

  function jumpToNext(by: 1 | -1): void {
    const all = context.job?.diagnosis.findings ?? [];
    const next = findings.next(all, by);
    if (next) jump(next);
  }

  function missing(error: ApiError): void {
    document.title = "Not found · Gradient Clinic";
    fill(root, element("h1", {}, "There is no such job"), element("p", {}, error.message),
      element("p", {}, element("a", { href: "/ui/" }, "Back to the jobs")));
  }
};

function asked(query: URLSearchParams): ConstructorParameters<typeof Selection>[0] {
  const step = query.get("step");
  return {
    layer: query.get("layer"), step: step === null ? null : Math.max(0, Math.round(Number(step))) || 0,
    metric: metricCalled(query.get("metric")).name, over: query.get("over"),
  };
}
