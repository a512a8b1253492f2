/** The difference between two experiments: what was done to A to make B. */

import { element, fill } from "../../dom";
import type { Job } from "../../shapes";
import { differences, type Difference } from "./differences";

export class Changes {
  private readonly body = element("div", {});
  readonly element = element("section", { class: "panel", id: "changes", "aria-labelledby": "changes-title" },
    element("h2", { id: "changes-title" }, "What differs"), this.body);
  private shown = "";

  show(a: Job | null, b: Job | null): void {
    const now = `${a?.id} ${b?.id}`;
    if (now === this.shown) return;
    this.shown = now;
    if (!a || !b) return fill(this.body, element("p", { class: "muted small-print" }, "Two jobs are needed."));
    const rows = differences({ ...a.experiment }, { ...b.experiment });
    fill(this.body, rows.length === 0 ? element("p", {}, sameSentence(a, b)) : tableOf(rows));
  }
}

function sameSentence(a: Job, b: Job): string {
  return a.id === b.id ? "Both sides are the same job." : "Nothing: both trained the same experiment, with the same seed.";
}

function tableOf(rows: readonly Difference[]): HTMLElement {
  const cell = (value: string | null, letter: string): HTMLElement =>
    element("td", { "data-side": letter, class: value === null ? "muted" : null }, value ?? "–");
  return element(
    "table", { class: "side-by-side differences" },
    element("caption", { class: "visually-hidden" }, "Differences between the two experiments"),
    element("thead", {}, element("tr", {},
      element("th", { scope: "col" }, element("span", { class: "visually-hidden" }, "Path")),
      element("th", { scope: "col" }, element("span", { class: "letter letter-a" }, "A")),
      element("th", { scope: "col" }, element("span", { class: "letter letter-b" }, "B")))),
    element("tbody", {}, ...rows.map(({ path, a, b }) =>
      element("tr", {}, element("th", { scope: "row" }, ...breakable(path)), cell(a, "a"), cell(b, "b")))),
  );
}

/** A path may break behind its dots. */
function breakable(path: string): (Node | string)[] {
  return path.split(/(?<=\.)/).flatMap((part, place) => (place === 0 ? [part] : [element("wbr", {}), part]));
}
