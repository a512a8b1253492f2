/** One job: its verdict, its findings, and the pictures that prove them, live while it trains. */

import { ApiError, getCurve, getLayers, getTrace } from "../api";
import { primary } from "../badges";
import { axisEnd, columnAt, endOf, newestFinite } from "../columns";
import { element, fill } from "../dom";
import { watchJob } from "../live";
import { metricCalled, metricFor } from "../metrics";
import { paced } from "../pace";
import { CurvePanel } from "../panels/curve";
import { Facts } from "../panels/facts";
import { Findings } from "../panels/findings";
import { JobHead } from "../panels/head";
import { HeatmapPanel } from "../panels/heatmap";
import { LayerPanel } from "../panels/layer";
import { ProfilePanel } from "../panels/profile";
import { rememberQuery, type Page } from "../router";
import { Selection } from "../selection";
import { hasEnded, type Columns, type Finding, type Job, type LayerRow } from "../shapes";

const COLUMNS = 600;
const REFRESH_MS = 800;

export const jobPage: Page = (root, place, signal) => {
  const id = place.parts[0] ?? "";
  const { query } = place;
  const askedStep = query.get("step");
  const selection = new Selection({ layer: query.get("layer"), step: askedStep === null ? null : Number(askedStep) || 0 });
  let metric = metricCalled(query.get("metric"));
  let job: Job | null = null;
  let trace: Columns | null = null;
  let network: LayerRow[] = [];
  let chosen = selection.layer !== null || selection.step !== null;
  let suggesting = false;

  const head = new JobHead();
  const findings = new Findings(pick);
  const facts = new Facts();
  const heatmap = new HeatmapPanel(selection, metric, (name) => setMetric(name), signal);
  const profile = new ProfilePanel(selection, signal);
  const line = new LayerPanel(selection, signal);
  const loss = new CurvePanel("loss", "Loss", "loss", selection, signal);
  const accuracy = new CurvePanel("accuracy", "Accuracy", "share", selection, signal);

  const grid = element(
    "div", { class: "job-grid", hidden: true },
    element("div", { class: "job-rail" }, findings.element, facts.element),
    element("div", { class: "job-main" }, heatmap.element, profile.element, line.element, loss.element, accuracy.element),
  );

  document.title = "Job · Gradient Clinic";
  fill(
    root,
    element("nav", { class: "crumbs", "aria-label": "Breadcrumb" }, element("a", { href: "/ui/" }, "Jobs"), element("span", {}, id)),
    head.element,
    grid,
  );

  selection.onChange(({ layer, step }) => {
    drawSelected();
    if (suggesting) return;
    chosen = true;
    rememberQuery({ layer, step: step === null ? null : String(step) });
  });

  const refreshTrace = paced(loadTrace, REFRESH_MS, signal);
  const refreshCurves = paced(loadCurves, REFRESH_MS, signal);

  watchJob(id, {
    onJob(next) {
      const first = job === null;
      job = next;
      grid.hidden = false;
      document.title = `${next.name || next.id} · Gradient Clinic`;
      head.show(next);
      facts.show(next);
      findings.show(next, network);
      if (first) void loadLayers();
      refreshTrace();
      refreshCurves();
    },
    onProgress(progress) {
      if (!job) return;
      job = { ...job, progress };
      head.showProgress(progress);
      refreshTrace();
      refreshCurves();
    },
    onLink: (link) => head.showLink(link),
    onError: (error) => (error.status === 404 ? missing(error) : head.say(error.message)),
  }, signal);

  async function loadTrace(): Promise<void> {
    const wanted = metric.name;
    const columns = await attempt(() => getTrace(id, wanted, COLUMNS, signal));
    if (signal.aborted || columns === null || wanted !== metric.name) return;
    trace = columns;
    suggestSelection(columns);
    heatmap.show(metric, columns, end(), waiting());
    profile.element.hidden = line.element.hidden = columns.steps.length === 0;
    drawSelected();
  }

  async function loadCurves(): Promise<void> {
    const curve = (name: string): Promise<Columns | null> => attempt(() => getCurve(id, name, "mean", signal));
    const [train, check, right, rightCheck] = await Promise.all(
      ["loss", "validation_loss", "accuracy", "validation_accuracy"].map(curve),
    );
    if (signal.aborted) return;
    loss.show(train ?? null, check ?? null, end());
    accuracy.show(right ?? null, rightCheck ?? null, end());
  }

  async function loadLayers(): Promise<void> {
    const rows = await attempt(() => getLayers(id, signal));
    if (!rows || signal.aborted) return;
    network = rows;
    facts.showLayers(rows);
    if (job) findings.show(job, network);
  }

  /** null when there is none (yet), or the service did not answer: the next refresh tries again. */
  async function attempt<T>(work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      if (signal.aborted) return null;
      if (!(error instanceof ApiError)) throw error;
      if (error.status >= 400 && error.status !== 404 && error.status !== 429) head.say(error.message);
      return null;
    }
  }

  /** Until the user chooses, the page looks at the newest finite step of the first layer that the primary finding names. */
  function suggestSelection(columns: Columns): void {
    if (chosen || columns.steps.length === 0) return;
    const finding = job ? primary(job) : undefined;
    const layer = finding?.layers.find((name) => columns.layers.includes(name)) ?? columns.layers[0] ?? null;
    suggesting = true;
    selection.set({ layer, step: columns.steps[newestFinite(columns)]! });
    suggesting = false;
  }

  function drawSelected(): void {
    if (!trace) return;
    profile.show(metric, trace, selection.layer, selection.step);
    const column = selection.step === null ? null : trace.steps[columnAt(trace.steps, selection.step)] ?? null;
    line.show(metric, trace, selection.layer, column, end());
    loss.mark(column);
    accuracy.mark(column);
  }

  function pick(finding: Finding): void {
    const better = metricFor(finding.rule);
    if (better) setMetric(better);
    selection.set({ layer: finding.layers[0] ?? selection.layer, step: finding.first_step });
    heatmap.outline({ layers: finding.layers, from: finding.first_step, to: finding.last_step });
    findings.highlight(finding);
    heatmap.element.scrollIntoView({ block: "nearest", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
    heatmap.focus();
  }

  function setMetric(name: string): void {
    metric = metricCalled(name);
    rememberQuery({ metric: metric.name });
    void loadTrace();
  }

  function end(): number {
    const trained = Math.max(job?.progress.step ?? 0, trace ? endOf(trace) : 0);
    return axisEnd(trained, job?.progress.total_steps ?? 0, job !== null && hasEnded(job));
  }

  function waiting(): string {
    if (job?.state === "queued") return "The job waits for a worker. The picture starts with its first steps.";
    if (job?.state === "running") return "The first steps are on their way.";
    return job?.progress.step ? "No layer of this network has this metric." : "This job left no trace.";
  }

  function missing(error: ApiError): void {
    document.title = "Not found · Gradient Clinic";
    fill(root, element("h1", {}, "There is no such job"), element("p", {}, error.message),
      element("p", {}, element("a", { href: "/ui/" }, "Back to the jobs")));
  }
};
