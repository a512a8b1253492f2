/** What became of the findings on the way from A to B: gone, stayed, new. */

import { element, fill, setText } from "../../dom";
import { number, plural, words } from "../../format";
import { hasEnded, type Finding, type Job } from "../../shapes";
import type { Side } from "./side";

const LIST = new Intl.ListFormat("en");
/** Rules that are called by an adjective: in a sentence they need a noun. */
const RULES: Record<string, string> = { non_finite: "non-finite values" };

export interface Fates {
  gone: Finding[];
  stayed: { a: Finding; b: Finding }[];
  fresh: Finding[];
}

/** The same finding is one of the same rule and, where a rule speaks more than once, the same cause and layer. */
export function fatesOf(a: readonly Finding[], b: readonly Finding[]): Fates {
  const left = [...b];
  const take = (fits: (finding: Finding) => boolean): Finding | null => {
    const place = left.findIndex(fits);
    return place < 0 ? null : left.splice(place, 1)[0]!;
  };
  const partners = new Map<Finding, Finding>();
  const closeness: ((one: Finding, other: Finding) => boolean)[] = [
    (one, other) => one.rule === other.rule && one.cause === other.cause && one.layers[0] === other.layers[0],
    (one, other) => one.rule === other.rule && one.cause === other.cause,
    (one, other) => one.rule === other.rule,
  ];
  for (const close of closeness) {
    for (const one of a) {
      const partner = partners.has(one) ? null : take((other) => close(one, other));
      if (partner) partners.set(one, partner);
    }
  }
  return {
    gone: a.filter((finding) => !partners.has(finding)),
    stayed: a.flatMap((finding) => (partners.has(finding) ? [{ a: finding, b: partners.get(finding)! }] : [])),
    fresh: left,
  };
}

export class FindingPair {
  private readonly body = element("div", { class: "fates" });
  private readonly note = element("p", { class: "muted small-print" });
  readonly element = element("section", { class: "panel", id: "fates", "aria-labelledby": "fates-title" },
    element("h2", { id: "fates-title" }, "Findings, from A to B"), this.body, this.note);
  private shown = "";

  constructor(private readonly onPick: (finding: Finding) => void) {}

  show(a: Side | null, b: Side | null): void {
    const [jobA, jobB] = [a?.job ?? null, b?.job ?? null];
    const final = Boolean(a?.ended && b?.ended);
    setText(this.note, !jobA || !jobB ? "Two jobs are needed." : final ? "" : "So far: the last word comes with the last step.");
    this.note.hidden = this.note.textContent === "";
    const now = JSON.stringify([jobA?.diagnosis, jobB?.diagnosis, final]);
    if (now === this.shown) return;
    this.shown = now;
    if (!jobA || !jobB) return fill(this.body);
    const { gone, stayed, fresh } = fatesOf(jobA.diagnosis.findings, jobB.diagnosis.findings);
    fill(this.body,
      // Nothing is gone before the last step.
      this.group(final ? "gone" : "only-a", final ? "Gone" : "Only in A so far", gone.map((finding) => this.item(finding, told(finding)))),
      this.group("stayed", final ? "Stayed" : "In both", stayed.map((both) => this.item(both.b, change(both.a, both.b)))),
      this.group("new", final ? "New in B" : "Only in B so far", fresh.map((finding) => this.item(finding, told(finding)))),
      gone.length + stayed.length + fresh.length === 0 && element("p", {}, final ? "Neither has any." : "Neither has any so far."),
    );
  }

  private group(fate: string, title: string, items: HTMLElement[]): HTMLElement | null {
    if (items.length === 0) return null;
    return element("div", { "data-fate": fate }, element("h3", {}, `${title} (${items.length})`), element("ul", {}, ...items));
  }

  private item(finding: Finding, text: string): HTMLElement {
    const show = element("button", { type: "button", class: "fate-name" }, words(finding.rule));
    show.title = "Show in the heatmaps";
    show.addEventListener("click", () => this.onPick(finding));
    return element("li", { class: `tone-${finding.severity}`, "data-rule": finding.rule },
      show, element("span", { class: "severity" }, words(finding.severity)), element("p", { class: "muted" }, text));
  }
}

/** One sentence: what B changed about A. Before both have ended there is nothing to say yet. */
export function headline(a: Job, b: Job): string {
  const early = ([["A", a], ["B", b]] as const).find(([, job]) => !hasEnded(job));
  if (early) return `${early[0]} ${early[1].state === "queued" ? "waits for a worker" : "still trains"}. The pictures follow it.`;
  const { gone, stayed, fresh } = fatesOf(serious(a), serious(b));
  if (gone.length + stayed.length + fresh.length === 0) return "Neither job has a finding that asks for a remedy.";
  const parts = [
    gone.length > 0 && `${names(gone)} ${gone.length === 1 ? "is" : "are"} gone`,
    stayed.length > 0 && `${names(stayed.map((both) => both.b))} stayed`,
    fresh.length > 0 ? `${names(fresh)} ${fresh.length === 1 ? "is" : "are"} new` : "nothing is new",
  ];
  return `From A to B: ${parts.filter(Boolean).join("; ")}.`;
}

function serious(job: Job): Finding[] {
  return job.diagnosis.findings.filter(({ severity }) => severity !== "info");
}

function names(findings: readonly Finding[]): string {
  return LIST.format(new Set(findings.map(({ rule }) => RULES[rule] ?? words(rule).toLowerCase())));
}

function told(finding: Finding): string {
  const where = finding.layers.length === 0 ? "the whole network" : finding.layers.length > 2 ? plural(finding.layers.length, "layer") : finding.layers.join(" and ");
  const cause = finding.cause === "unknown" ? "" : `cause: ${words(finding.cause).toLowerCase()}, `;
  const text = `${cause}${where}, since step ${finding.first_step}`;
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function change(a: Finding, b: Finding): string {
  return a.value === b.value ? told(b) : `${told(b)}. Measured ${number(a.value)} in A, ${number(b.value)} in B`;
}
