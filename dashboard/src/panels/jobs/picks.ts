/** The bar that appears once a job is chosen for comparison. */

import { button, element, fill, setText } from "../../dom";
import type { Job } from "../../shapes";
import { MOST_PICKED } from "./query";

export class Picks {
  private readonly names = element("span", { class: "pick-names" });
  private readonly say = element("span", { class: "visually-hidden", role: "status" });
  private readonly go = element("a", { class: "button primary" }, "Compare");
  readonly element = element("div", { class: "picks", role: "region", "aria-label": "Comparison", hidden: true },
    this.names, this.go, button("Clear", () => this.onClear(), { class: "quiet" }));
  /** Outside of the bar: a region that was hidden is not read out. */
  readonly status = this.say;

  constructor(private readonly onClear: () => void) {}

  show(picked: readonly string[], jobs: ReadonlyMap<string, Job>): void {
    this.element.hidden = picked.length === 0;
    const names = picked.map((id) => jobs.get(id)?.name || id);
    fill(this.names, ...names.map((name, place) => element("span", { class: "pick" }, letter(place), element("span", { class: "pick-name" }, name))),
      picked.length < MOST_PICKED && element("span", { class: "muted" }, "Choose one more to compare."));
    const address = compareAddress(picked);
    this.go.hidden = address === null;
    if (address) this.go.href = address;
    setText(this.say, picked.length === 0 ? "" : `Chosen to compare: ${names.join(" and ")}`);
  }
}

/** null until there are two. */
export function compareAddress(picked: readonly string[]): string | null {
  const [a, b] = picked;
  return a && b ? `/ui/compare?${new URLSearchParams({ a, b })}` : null;
}

/** Adds the job or takes it away; a third takes the place of the second. */
export function togglePick(picked: readonly string[], id: string): string[] {
  if (picked.includes(id)) return picked.filter((other) => other !== id);
  return [...picked.slice(0, MOST_PICKED - 1), id];
}

function letter(place: number): HTMLElement {
  const name = "AB"[place]!;
  return element("b", { class: `letter letter-${name.toLowerCase()}` }, name);
}
