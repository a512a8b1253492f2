/** Two jobs on one colour scale: what one did to the other. Live while one of them runs. */

import { ApiError, getTrace, listJobs, type Part } from "../api";
import { primary } from "../badges";
import { button, element, fill, setText } from "../dom";
import { useShortcuts } from "../keys";
import { metricCalled, metricFor } from "../metrics";
import { sleep } from "../pace";
import { Changes } from "../panels/compare/changes";
import { ACCURACIES, curvesOf, layerForm, layerOf, LOSSES } from "../panels/compare/curves";
import { FindingPair, headline } from "../panels/compare/findings";
import { SideHead } from "../panels/compare/head";
import { HeatmapPair } from "../panels/compare/heatmaps";
import { onRows, rowName, type Letter } from "../panels/compare/match";
import { firstLook, LETTERS, nameOf, pairOf, type Pair, type Sides } from "../panels/compare/pair";
import { ProfilePair } from "../panels/compare/profiles";
import { Results } from "../panels/compare/results";
import { Side } from "../panels/compare/side";
import { CurvePanel } from "../panels/curve";
import { rememberQuery, type Page } from "../router";
import { Selection } from "../selection";
import type { Columns, Finding, Job } from "../shapes";

const RECENT = 50;
const RECENT_MS = 15_000;

export const comparePage: Page = (root, place, signal) => {
  const { query } = place;
  const askedStep = query.get("step");
  const selection = new Selection({ layer: query.get("layer"), step: askedStep === null ? null : Number(askedStep) || 0 });
  let metric = metricCalled(query.get("metric"));
  let recent: readonly Job[] = [];
  let pair: Pair | null = null;
  let chosen = selection.layer !== null || selection.step !== null;
  let suggesting = false;
  let drawing = 0;
  const sides: Sides = { a: null, b: null };

  const heads = { a: new SideHead("a", (id) => choose("a", id)), b: new SideHead("b", (id) => choose("b", id)) };
  const said = element("p", { class: "headline", role: "status" });
  const results = new Results();
  const fates = new FindingPair(pick);
  const changes = new Changes();
  const heatmaps = new HeatmapPair(selection, metric, setMetric, drawCharts, { a: reader("a"), b: reader("b") }, signal);
  const profile = new ProfilePair(selection, signal);
  const layer = new CurvePanel(layerForm(() => `${metric.label} of ${selection.layer ?? "no layer"}`), selection, signal);
  const loss = new CurvePanel(LOSSES, selection, signal);
  const accuracy = new CurvePanel(ACCURACIES, selection, signal);
  const nobody = element("p", { class: "panel muted" }, "Choose two jobs above, or mark two in the ",
    element("a", { href: "/ui/" }, "list of jobs"), ".");
  const grid = element(
    "div", { class: "job-grid", hidden: true },
    element("div", { class: "job-rail" }, results.element, fates.element, changes.element),
    element("div", { class: "job-main compare-main" }, heatmaps.element, profile.element, layer.element, loss.element, accuracy.element),
  );

  document.title = "Compare · Gradient Clinic";
  fill(
    root,
    element("div", { class: "page-head" }, element("h1", {}, "Compare")),
    element("div", { class: "sides" }, heads.a.element,
      button("⇄", swap, { class: "swap", "aria-label": "Swap A and B", title: "Swap A and B (s)" }), heads.b.element),
    said, nobody, grid,
  );

  useShortcuts("Compare", [
    { keys: ["s"], says: "Swap A and B", run: swap },
    { keys: ["ArrowUp", "ArrowDown"], says: "On a heatmap: the layer above, the layer below" },
    { keys: ["ArrowLeft", "ArrowRight"], says: "On a heatmap or a chart: the step before, the step after" },
    { keys: ["+", "-", "0"], says: "On a heatmap: zoom in, out, all steps" },
  ], signal);

  selection.onChange(({ layer: name, step }) => {
    if (suggesting) return;
    drawCharts();
    chosen = true;
    rememberQuery({ layer: name, step: step === null ? null : String(step) });
  });
  signal.addEventListener("abort", () => cancelAnimationFrame(drawing));
  for (const letter of LETTERS) start(letter, query.get(letter));
  draw();
  void followRecent();

  function start(letter: Letter, id: string | null): void {
    sides[letter]?.stop();
    sides[letter] = id ? new Side(id, metric.name, draw, signal) : null;
  }

  function choose(letter: Letter, id: string | null): void {
    start(letter, id);
    rewriteAddress();
    draw();
  }

  function swap(): void {
    [sides.a, sides.b] = [sides.b, sides.a];
    rewriteAddress();
    draw();
  }

  /** Another pair is a step that the Back button undoes. */
  function rewriteAddress(): void {
    const address = new URLSearchParams(location.search);
    for (const letter of LETTERS) {
      if (sides[letter]) address.set(letter, sides[letter].id);
      else address.delete(letter);
    }
    history.pushState(null, "", `${location.pathname}?${address}`);
  }

  function setMetric(name: string): void {
    metric = metricCalled(name);
    rememberQuery({ metric: metric.name });
    for (const letter of LETTERS) sides[letter]?.setMetric(metric.name);
  }

  /** Many things change at once: they are drawn together. */
  function draw(): void {
    cancelAnimationFrame(drawing);
    drawing = requestAnimationFrame(drawNow);
  }

  function drawNow(): void {
    const { a, b } = sides;
    for (const letter of LETTERS) heads[letter].show(sides[letter], recent);
    const someone = Boolean(a?.job ?? b?.job);
    nobody.hidden = someone;
    grid.hidden = !someone;
    setText(said, a?.job && b?.job ? headline(a.job, b.job) : "");
    if (!someone) return;
    document.title = `${nameOf(a)} against ${nameOf(b)} · Gradient Clinic`;
    results.show(a, b);
    fates.show(a, b);
    changes.show(a?.job ?? null, b?.job ?? null);
    pair = pairOf(sides, metric.name);
    suggestSelection(pair);
    heatmaps.show(metric, pair);
    drawCharts();
  }

  function drawCharts(): void {
    if (!pair) return;
    const { a, b } = sides;
    const { rows, traces } = pair;
    const { step } = selection;
    const { range } = heatmaps;
    profile.element.hidden = rows.length === 0;
    if (rows.length > 0) profile.show(metric, pair, step);
    const row = rows.findIndex((one) => rowName(one) === selection.layer);
    layer.show([layerOf(traces.a, row), layerOf(traces.b, row)], step, range);
    loss.show(curvesOf(a, b, "loss", "validation_loss"), step, range);
    accuracy.show(curvesOf(a, b, "accuracy", "validation_accuracy"), step, range);
  }

  /** Finer columns of a side, on the rows of both. */
  function reader(letter: Letter) {
    return async (name: string, maxPoints: number, part: Part): Promise<Columns> => {
      const columns = await getTrace(sides[letter]?.id ?? "", name, maxPoints, signal, part);
      return onRows(columns, pair?.rows ?? [], letter);
    };
  }

  /** Until the user chooses, the page looks at where a network is ill. */
  function suggestSelection(now: Pair): void {
    if (chosen) return;
    const ill = LETTERS.flatMap((letter) => (sides[letter]?.job && primary(sides[letter].job)?.layers) ?? []);
    const look = firstLook(now, ill);
    if (!look) return;
    suggesting = true;
    selection.set(look);
    suggesting = false;
  }

  function pick(finding: Finding): void {
    const better = metricFor(finding.rule);
    if (better) setMetric(better);
    const row = pair?.rows.find((one) => one.a === finding.layers[0] || one.b === finding.layers[0]);
    selection.set({ layer: row ? rowName(row) : selection.layer, step: finding.first_step });
    heatmaps.element.scrollIntoView({ block: "nearest" });
  }

  async function followRecent(): Promise<void> {
    while (!signal.aborted) {
      try {
        if (!document.hidden) recent = (await listJobs({ state: null, after: null, limit: RECENT }, signal)).data;
        draw();
      } catch (error) {
        if (!signal.aborted && !(error instanceof ApiError)) throw error;
      }
      await sleep(RECENT_MS, signal);
    }
  }
};
