/** What a draft would train, and what that takes, before anything runs. */

import { element, fill, setText } from "../../dom";
import { count, duration, percent, plural, words } from "../../format";
import { layerRanges } from "../../ranges";
import type { Finding, Preflight } from "../../shapes";

export class Outlook {
  private readonly facts = element("dl", { class: "outlook-facts" });
  private readonly notes = element("div", { class: "outlook-notes" });
  readonly element = element("section", { class: "panel outlook", "aria-labelledby": "outlook-title" },
    element("h2", { id: "outlook-title" }, "Before it runs"), this.facts, this.notes);
  private shown = "";

  show(preflight: Preflight): void {
    this.showFacts(preflight);
    const { findings, warnings, theory } = preflight;
    const now = JSON.stringify([findings, warnings, theory?.born_dead_probability, preflight.layers.length]);
    if (now === this.shown) return;
    this.shown = now;
    fill(
      this.notes,
      ...findings.map((finding) => certainty(finding, preflight)),
      ...warnings.map((warning) => element("p", { class: "note tone-warning" }, warning)),
      bornDead(theory?.born_dead_probability ?? 0),
    );
  }

  private showFacts(preflight: Preflight): void {
    const rows = facts(preflight);
    if (this.facts.children.length !== rows.length) {
      fill(this.facts, ...rows.map(([name]) => element("div", {}, element("dt", {}, name), element("dd", {}))));
    }
    rows.forEach(([, value, small], place) => {
      const cell = this.facts.children[place]!.querySelector("dd")!;
      if (cell.childElementCount === 0) fill(cell, element("strong", {}), element("span", { class: "muted" }));
      setText(cell.firstElementChild as HTMLElement, value);
      setText(cell.lastElementChild as HTMLElement, small);
    });
    this.facts.lastElementChild?.setAttribute("title", preflight.estimate.basis);
  }
}

function certainty(finding: Finding, { layers }: Preflight): HTMLElement {
  return element(
    "article", { class: `note tone-${finding.severity}` },
    element("h3", {}, element("span", { class: "severity" }, "Certain before it runs"), words(finding.rule)),
    element("p", {}, finding.explanation),
    finding.layers.length > 0 && element("p", { class: "muted" }, `Where: ${layerRanges(finding.layers, layers)}`),
  );
}

type Fact = [name: string, value: string, small: string];

function facts({ layers, parameters, steps, samples, estimate }: Preflight): Fact[] {
  const epochs = (steps * samples.per_step) / Math.max(1, samples.training);
  const passes = epochs < 10 ? Number(epochs.toPrecision(2)) : Math.round(epochs);
  return [
    ["Network", count(parameters), `parameters in ${plural(layers.length, "layer")}`],
    ["Training", count(steps), `steps of ${plural(samples.per_step, "sample")}, ${count(passes)} times through all ${count(samples.training)}`],
    ["Memory", bytes(estimate.memory.total), `and ${bytes(estimate.trace_bytes)} of traces`],
    ["Time", estimate.cpu_seconds < 1 ? "under 1 s" : `about ${duration(estimate.cpu_seconds)}`, "on one CPU core, to an order of magnitude"],
  ];
}

function bornDead(probability: number): HTMLElement | null {
  if (probability < 0.01) return null;
  return element("p", { class: "note tone-warning" },
    `In at least ${percent(probability)} of draws of the weights some ReLU layer is zero as a whole before anything is trained.`);
}

/** 5621824 → "5.6 MB" */
function bytes(size: number): string {
  const power = Math.min(4, Math.max(0, Math.floor(Math.log10(Math.max(1, size)) / 3)));
  return `${Number((size / 1000 ** power).toPrecision(2))} ${["B", "kB", "MB", "GB", "TB"][power]}`;
}
