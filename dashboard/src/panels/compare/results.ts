/** What both came to, figure by figure, with the better one marked. */

import { element, fill } from "../../dom";
import { count, duration, number, percent } from "../../format";
import type { Job } from "../../shapes";
import { secondsOf } from "../jobs/order";
import type { CurveName, Side } from "./side";

type Better = "a" | "b" | null;

interface Figures {
  label: string;
  a: number | null;
  b: number | null;
  text: (value: number | null) => string;
  /** Which is better: the smaller or the larger; null where neither is. */
  better: "smaller" | "larger" | null;
}

export class Results {
  private readonly body = element("tbody", {});
  private readonly note = element("p", { class: "muted small-print", hidden: true });
  private readonly names = { a: element("span", { class: "letter letter-a" }, "A"), b: element("span", { class: "letter letter-b" }, "B") };
  readonly element = element("section", { class: "panel", id: "results", "aria-labelledby": "results-title" },
    element("h2", { id: "results-title" }, "Results"),
    element("table", { class: "side-by-side" },
      element("caption", { class: "visually-hidden" }, "Results of both jobs"),
      element("thead", {}, element("tr", {},
        element("th", { scope: "col" }, element("span", { class: "visually-hidden" }, "Figure")),
        element("th", { scope: "col" }, this.names.a), element("th", { scope: "col" }, this.names.b))),
      this.body),
    this.note,
  );

  show(a: Side | null, b: Side | null): void {
    const apart = a?.job && b?.job ? incomparable(a.job, b.job) : null;
    fill(this.body, ...figures(a, b, apart === null).filter(({ a: left, b: right }) => left !== null || right !== null).map(row));
    const running = [a, b].some((side) => side?.job && !side.ended);
    this.note.hidden = apart === null && !running;
    this.note.textContent = [apart, running ? "A job still trains: its figures are those of its newest step." : null].filter(Boolean).join(" ");
  }
}

function figures(a: Side | null, b: Side | null, comparable: boolean): Figures[] {
  const result = (label: string, name: CurveName, better: Figures["better"], text: Figures["text"]): Figures =>
    ({ label, a: latest(a, name), b: latest(b, name), text: finite(text), better: comparable ? better : null });
  const fact = (label: string, of: (job: Job) => number | null, better: Figures["better"], text: Figures["text"]): Figures =>
    ({ label, a: a?.job ? of(a.job) : null, b: b?.job ? of(b.job) : null, text, better });
  const both = Boolean(a?.ended && b?.ended);
  const whole = (value: number | null): string => (value === null ? "–" : count(value));
  return [
    result("Loss", "loss", "smaller", number),
    result("Validation loss", "validation_loss", "smaller", number),
    result("Accuracy", "accuracy", "larger", percent),
    result("Validation accuracy", "validation_accuracy", "larger", percent),
    fact("Findings", (job) => job.diagnosis.findings.filter(({ severity }) => severity !== "info").length, both ? "smaller" : null, whole),
    fact("Steps", (job) => job.progress.step, null, whole),
    fact("Duration", secondsOf, null, (value) => (value === null ? "–" : duration(value))),
    fact("Cost of tracing", (job) => job.result?.trace_overhead ?? null, null, percent),
  ];
}

/** The result; while there is none, the newest value of the curve. NaN where something was measured and is no finite number. */
function latest(side: Side | null, name: CurveName): number | null {
  const values = side?.curves[name]?.values[0] ?? [];
  const { result } = side?.job ?? {};
  if (!result) return values.findLast((value) => value !== null) ?? null;
  return result[name] ?? (values.length > 0 ? NaN : null);
}

function finite(text: Figures["text"]): Figures["text"] {
  return (value) => (Number.isNaN(value) ? "not finite" : text(value));
}

function row({ label, a, b, text, better }: Figures): HTMLElement {
  const winner = winnerOf(a, b, better);
  const cell = (value: number | null, letter: "a" | "b"): HTMLElement =>
    element("td", { "data-better": winner === letter ? true : null }, text(value),
      winner === letter && element("span", { class: "visually-hidden" }, ", better"));
  return element("tr", {}, element("th", { scope: "row" }, label), cell(a, "a"), cell(b, "b"));
}

function winnerOf(a: number | null, b: number | null, better: Figures["better"]): Better {
  if (better === null || a === null || b === null || Object.is(a, b)) return null;
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) ? "b" : "a";
  return a < b === (better === "smaller") ? "a" : "b";
}

/** Why figures of the two say nothing about each other, or null. */
function incomparable(a: Job, b: Job): string | null {
  const differ = (of: (job: Job) => unknown): boolean => JSON.stringify(of(a)) !== JSON.stringify(of(b));
  if (differ((job) => job.experiment.training?.loss)) return "The loss functions differ, so no figure is called better.";
  if (differ((job) => job.experiment.data)) return "The data differ, so no figure is called better.";
  return null;
}
