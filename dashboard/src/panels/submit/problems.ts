/** What is wrong with a draft, each with its place, which a click shows in the text. */

import { button, element, fill } from "../../dom";
import { lineOf, placeText, type Parsed } from "../../editor/parse";
import { rangeOf, type Range } from "../../editor/tree";
import type { Fault } from "../../shapes";

export interface Trouble {
  /** "Line 4, column 7", or the pointer of a member. */
  place: string;
  line: number;
  text: string;
  range: Range;
}

export class Problems {
  private readonly list = element("ol", { class: "problems-list" });
  readonly element = element("section", { class: "problems", id: "problems", "aria-label": "Problems", hidden: true }, this.list);
  private shown = "";

  constructor(private readonly onPick: (range: Range) => void) {}

  show(troubles: readonly Trouble[]): void {
    // Nobody who is about to press one of them shall find another in its place.
    const now = JSON.stringify(troubles);
    if (now === this.shown) return;
    this.shown = now;
    this.element.hidden = troubles.length === 0;
    fill(this.list, ...troubles.map((trouble) => element(
      "li", {},
      button(trouble.place, () => this.onPick(trouble.range), { class: "problem-place", "aria-label": `Show ${trouble.place} in the text` }),
      element("span", { class: "problem-line" }, trouble.place.startsWith("Line") ? "" : `line ${trouble.line}`),
      element("span", { class: "problem-text" }, trouble.text),
    )));
  }
}

/** The mistake of a text that is no JSON, or else the faults of the experiment in it. */
export function troublesOf(text: string, { root, mistake }: Parsed, faults: readonly Fault[]): Trouble[] {
  if (mistake) return [{ place: placeText(text, mistake.from), line: lineOf(text, mistake.from), text: mistake.message, range: mistake }];
  return faults.map(({ pointer, detail }) => {
    const range = rangeOf(root, pointer, text);
    return { place: pointer || "The whole experiment", line: lineOf(text, range.from), text: detail, range };
  });
}
