/** The remedies of a finding: choose some, see what they change, and run the experiment with them. */

import { getTheory, preflight, submitJob } from "../api";
import { openDialog } from "../dialog";
import { button, element, fill } from "../dom";
import { number, plural, words } from "../format";
import { randomKey } from "../random";
import { navigate } from "../router";
import type { Finding, Job, LayerRow, Preflight, Remedy, Theory } from "../shapes";
import { diffRows, NOTHING, remedyName, type DiffRow } from "./remedy-words";
import { remedied, type Prepared } from "./remedy-run";

/** Opens the dialog for `finding` of `job`; the new job's page follows once it runs. */
export function offerRemedies(job: Job, finding: Finding, network: () => readonly LayerRow[], signal: AbortSignal): void {
  const boxes = finding.remedies.map((remedy, place) => checkbox(remedy, place === 0));
  const told = element("div", { class: "remedy-told", "aria-live": "polite" });
  const problem = element("p", { class: "notice critical", role: "alert", hidden: true });
  const run = button("Run with this remedy", () => void submit(), { class: "primary", disabled: true });
  const dialog = openDialog(`${finding.remedies.length === 1 ? "Remedy" : "Remedies"} for: ${words(finding.rule).toLowerCase()}`, [
    element("p", { class: "muted" }, "A remedy is an edit of the experiment. It makes a new job, with the same seed, that leads back to this one."),
    element("fieldset", { class: "remedy-choice" }, element("legend", {}, "Apply"), ...boxes.map(({ label }) => label)),
    told, problem,
    element("div", { class: "dialog-actions" }, button("Close", () => dialog.close()), run),
  ], signal);
  dialog.element.classList.add("remedy-dialog");

  // A second press, or a press after a lost answer, is the same job.
  const keys = new Map<string, string>();
  // What is predicted of the job as it is; without it, the new prediction stands alone.
  const now = getTheory(job.id, signal).catch(() => null);
  let prepared: Prepared | null = null;
  let asked = 0;
  for (const { input } of boxes) input.addEventListener("change", () => void look());
  void look();

  async function look(): Promise<void> {
    const mine = ++asked;
    const chosen = finding.remedies.filter((_, place) => boxes[place]!.input.checked);
    run.disabled = true;
    run.textContent = chosen.length > 1 ? `Run with these ${chosen.length} remedies` : "Run with this remedy";
    problem.hidden = true;
    if (chosen.length === 0) return fill(told, element("p", { class: "muted" }, "Choose at least one."));
    const next = remedied(job, chosen);
    try {
      const [answer, theory] = await Promise.all([preflight(next.body, signal), now]);
      if (mine !== asked || signal.aborted) return;
      prepared = next;
      run.disabled = !answer.admission.admitted;
      fill(told, ...outlook(answer, next, network(), theory));
    } catch (error) {
      if (mine === asked && !signal.aborted) say(error);
    }
  }

  async function submit(): Promise<void> {
    if (!prepared) return;
    const text = JSON.stringify(prepared.body);
    const key = keys.get(text) ?? randomKey();
    keys.set(text, key);
    run.disabled = true;
    try {
      const made = await submitJob(prepared.body, signal, key);
      navigate(`/ui/jobs/${encodeURIComponent(made.id)}?over=${encodeURIComponent(job.id)}`);
    } catch (error) {
      if (signal.aborted) return;
      run.disabled = false;
      say(error);
    }
  }

  function say(error: unknown): void {
    fill(told);
    problem.hidden = false;
    problem.textContent = error instanceof Error ? error.message : String(error);
  }
}

function checkbox(remedy: Remedy, checked: boolean): { label: HTMLElement; input: HTMLInputElement } {
  const input = element("input", { type: "checkbox", checked });
  return { input, label: element("label", {}, input, remedyName(remedy)) };
}

/** What changes, and what can be said of it before it runs. */
function outlook(answer: Preflight, { own }: Prepared, network: readonly LayerRow[], now: Theory | null): Node[] {
  const rows = diffRows(answer.diff.filter(({ remedy }) => remedy !== null && remedy >= own), network);
  const notes = [
    ...answer.admission.limits.flatMap(({ detail }) => detail ?? []),
    ...answer.findings.map((finding) => `${words(finding.rule)}: ${finding.explanation}`),
    ...answer.warnings,
  ];
  return [
    diffTable(rows),
    element("p", {}, prediction(answer.theory, now)),
    ...notes.map((note) => element("p", { class: "notice" }, note)),
  ];
}

function diffTable(rows: readonly DiffRow[]): HTMLElement {
  const amount = rows.reduce((sum, row) => sum + row.amount, 0);
  return element(
    "div", { class: "table-scroll diff", tabindex: 0, role: "region", "aria-label": "What changes" },
    element("table", {},
      element("caption", {}, `${plural(amount, "change")} of the experiment`),
      element("thead", {}, element("tr", {}, ...["where", "before", "after"].map((name) => element("th", { scope: "col" }, name)))),
      element("tbody", {}, ...rows.map((row) => element("tr", {},
        element("th", { scope: "row" }, row.where + (row.amount > 1 ? ` (${row.amount} layers)` : "")),
        element("td", {}, row.before === NOTHING ? row.before : element("del", {}, row.before)),
        element("td", {}, row.after === NOTHING ? row.after : element("ins", {}, row.after)),
      ))),
    ),
  );
}

/** How much of the last layer's backward signal should reach the first, at the new start weights. */
function prediction(theory: Theory | null, now: Theory | null): string {
  const first = theory?.layers[0];
  const old = now?.layers.find(({ layer }) => layer === first?.layer)?.delta_norm_ratio ?? null;
  if (!theory || !first || first.delta_norm_ratio === null) return first?.reason ? `No prediction: ${first.reason}.` : "";
  const band = first.low !== null && first.high !== null ? ` (${number(first.low)} to ${number(first.high)} in 95 % of draws)` : "";
  return `Predicted at its start weights: ${first.layer} gets ${number(first.delta_norm_ratio)} times the last layer's backward signal${band}` +
    `${old === null ? "" : `; in this job it is ${number(old)} times`}.`;
}
