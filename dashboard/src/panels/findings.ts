/** What is wrong, in words: one card per finding, the root cause first. */

import { primary } from "../badges";
import { codeBlock } from "../copy";
import { button, element, fill } from "../dom";
import { number, words } from "../format";
import { layerRanges } from "../ranges";
import type { Finding, Job, LayerRow } from "../shapes";
import { remedyName } from "./remedy-words";

export class Findings {
  private readonly list = element("ol", { class: "findings" });
  private readonly empty = element("p", { class: "muted" });
  readonly element = element("section", { class: "panel", "aria-labelledby": "findings-title" },
    element("h2", { id: "findings-title" }, "Findings"), this.empty, this.list);
  private shown = "";
  private picked = "";

  constructor(private readonly onPick: (finding: Finding) => void, private readonly onRemedy: (finding: Finding) => void) {}

  show(job: Job, network: readonly LayerRow[]): void {
    const { findings } = job.diagnosis;
    this.empty.hidden = findings.length > 0;
    this.empty.textContent = nothing(job);
    // Cards stay as they are while nothing changed: a reader may have one open, or be in it with the keyboard.
    const now = JSON.stringify([findings, network.length]);
    if (now === this.shown) return;
    const opened = new Set([...this.list.querySelectorAll<HTMLElement>("li:has(details[open])")].map((card) => card.dataset["rule"]));
    this.shown = now;
    fill(this.list, ...findings.map((finding) => this.card(finding, finding === primary(job), network, opened)));
  }

  /** Marks the card that was picked. */
  highlight(finding: Finding | null): void {
    this.picked = finding ? cardId(finding) : "";
    for (const card of this.list.children) card.toggleAttribute("data-picked", card.id === this.picked);
  }

  /** The finding behind the picked one, or before it; around the ends. */
  next(findings: readonly Finding[], by: 1 | -1): Finding | null {
    const place = findings.findIndex((finding) => cardId(finding) === this.picked);
    const from = place < 0 && by < 0 ? 0 : place;
    return findings.at((from + by) % Math.max(1, findings.length)) ?? null;
  }

  private card(finding: Finding, root: boolean, network: readonly LayerRow[], opened: Set<string | undefined>): HTMLElement {
    const where = finding.layers.length === 0 ? "The whole network" : layerRanges(finding.layers, network);
    const details = element(
      "details", { open: opened.has(finding.rule) },
      element("summary", {}, `${finding.remedies.length === 1 ? "Remedy" : "Remedies"}: ${finding.remedies.map(remedyName).join(", ")}`),
      codeBlock(remediesJson(finding), "remedies as JSON"),
    );
    return element(
      "li",
      { class: `finding tone-${finding.severity}`, id: cardId(finding), "data-rule": finding.rule, "data-picked": cardId(finding) === this.picked },
      element("h3", {},
        element("span", { class: "severity" }, words(finding.severity) + (root ? ", root cause" : "")),
        words(finding.rule),
      ),
      element("p", {}, finding.explanation),
      element("dl", { class: "facts" },
        ...fact("Cause", words(finding.cause)),
        ...fact("Layers", where),
        ...fact("Steps", steps(finding)),
        ...measured(finding),
        ...(finding.direction ? fact("First in", `the ${finding.direction} pass`) : []),
        ...(finding.follows_from ? fact("Follows from", words(finding.follows_from)) : []),
      ),
      element("div", { class: "finding-buttons" },
        button("Show in the heatmap", () => this.onPick(finding), { class: "small" }),
        finding.remedies.length > 0 && button("Try a remedy…", () => this.onRemedy(finding), { class: root ? "small primary" : "small" }),
      ),
      finding.remedies.length > 0 && details,
    );
  }
}

function cardId(finding: Finding): string {
  return `finding-${finding.rule}-${finding.cause}-${finding.first_step}-${finding.layers[0]?.replaceAll(" ", "-") ?? "all"}`;
}

function fact(name: string, value: string): [HTMLElement, HTMLElement] {
  return [element("dt", {}, name), element("dd", {}, value)];
}

function measured(finding: Finding): HTMLElement[] {
  if (finding.value === null) return [];
  const limit = finding.threshold === null ? "" : ` (threshold ${number(finding.threshold)})`;
  return fact("Measured", number(finding.value) + limit);
}

function steps(finding: Finding): string {
  return finding.first_step === finding.last_step ? `at ${finding.first_step}` : `${finding.first_step} to ${finding.last_step}`;
}

/** One remedy a line, without the settings left at null: ready to paste into an experiment. */
function remediesJson(finding: Finding): string {
  const lines = finding.remedies.map(({ kind, ...settings }) => {
    const set = Object.entries(settings).filter(([, value]) => value !== null);
    return `  ${JSON.stringify({ kind, ...Object.fromEntries(set) }, null, 1).replace(/\n\s*/g, " ")}`;
  });
  return `"remedies": [\n${lines.join(",\n")}\n]`;
}

function nothing(job: Job): string {
  if (job.diagnosis.status === "healthy") return "None. The gradients reach every layer, and every step is finite.";
  if (job.state === "queued") return "The job has not started.";
  if (job.state === "running") return "None so far. Findings appear here while the network trains.";
  return "None.";
}
