/** The controls above the list: name, state, verdict, labels. */

import { button, element, fill, setAttributes } from "../../dom";
import { words } from "../../format";
import { JOB_STATES, type Job, type JobState } from "../../shapes";
import { verdictName } from "./order";
import { addressOf, isLabel, readQuery, type ListQuery } from "./query";
import { sortOptions, sortValue } from "./table";

const TYPING_MS = 250;

export interface FilterEvents {
  /** `typing`: more of it is likely to follow. */
  onFilter(change: Partial<ListQuery>, typing?: boolean): void;
  /** Enter in the field, when there is nothing left to filter. */
  onLeave(): void;
}

export class Filters {
  readonly text = element("input", {
    type: "search", id: "filter", placeholder: "Name, or label:value ↵", autocomplete: "off", spellcheck: "false", "aria-keyshortcuts": "/",
  });
  private readonly states = element("nav", { class: "filters", "aria-label": "Filter by state" });
  private readonly verdicts = element("select", { "aria-label": "Filter by verdict" });
  private readonly sorts = element("select", { class: "narrow-only", "aria-label": "Order" },
    ...sortOptions().map(({ value, label }) => element("option", { value }, label)));
  private readonly chips = element("div", { class: "chips active-labels" });
  readonly element = element("div", { class: "list-tools" },
    this.form(), this.states, this.verdicts, this.sorts, this.chips);
  private query: ListQuery | null = null;
  private timer = 0;
  private told = "";

  constructor(private readonly events: FilterEvents, signal: AbortSignal) {
    this.verdicts.addEventListener("change", () => events.onFilter({ verdict: this.verdicts.value || null }));
    this.sorts.addEventListener("change", () => {
      const by = new URLSearchParams({ sort: this.sorts.value });
      events.onFilter({ sort: readQuery(by).sort });
    });
    signal.addEventListener("abort", () => clearTimeout(this.timer));
  }

  show(query: ListQuery, jobs: Iterable<Job>): void {
    this.showVerdicts(query.verdict, jobs);
    if (query === this.query) return;
    this.query = query;
    if (document.activeElement !== this.text) this.text.value = query.text;
    this.sorts.value = sortValue(query.sort);
    this.showStates(query);
    fill(this.chips, ...query.labels.map((label) => this.chip(query, label)));
    this.chips.hidden = query.labels.length === 0;
  }

  private form(): HTMLElement {
    const form = element("form", { role: "search", class: "list-search" },
      element("label", { for: this.text.id, class: "visually-hidden" }, "Filter by name or label"), this.text,
      element("kbd", { "aria-hidden": "true" }, "/"));
    this.text.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = window.setTimeout(() => this.events.onFilter({ text: this.text.value.trim() }, true), this.text.value ? TYPING_MS : 0);
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      clearTimeout(this.timer);
      this.enter();
    });
    return form;
  }

  private enter(): void {
    const text = this.text.value.trim();
    if (isLabel(text)) {
      this.text.value = "";
      const label = text.replace(/:\s+/, ":");
      this.events.onFilter({ text: "", labels: [...new Set([...(this.query?.labels ?? []), label])] });
    } else {
      if (text !== this.query?.text) this.events.onFilter({ text });
      this.events.onLeave();
    }
  }

  private showStates(query: ListQuery): void {
    const link = (state: JobState | null): HTMLElement => {
      const change = { state, show: query.show };
      const node = element("a", {
        href: addressOf({ ...query, ...change }), "aria-current": state === query.state ? "true" : null, "data-state": state ?? "all",
      }, state ? words(state) : "All");
      // A link, so that it can be opened elsewhere; here the list changes in place.
      node.addEventListener("click", (event) => {
        if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        this.events.onFilter(change);
        this.states.querySelector<HTMLElement>(`[data-state="${state ?? "all"}"]`)?.focus();
      });
      return node;
    };
    fill(this.states, link(null), ...JOB_STATES.map(link));
  }

  /** The verdicts among the loaded jobs, with how many there are of each. */
  private showVerdicts(chosen: string | null, jobs: Iterable<Job>): void {
    const counts = new Map<string, number>(chosen ? [[chosen, 0]] : []);
    for (const job of jobs) counts.set(verdictName(job), (counts.get(verdictName(job)) ?? 0) + 1);
    const names = [...counts.keys()].sort((one, other) => rank(one) - rank(other) || one.localeCompare(other));
    const told = JSON.stringify([chosen, names.map((name) => [name, counts.get(name)])]);
    // An open list must not change under the pointer.
    if (told === this.told || document.activeElement === this.verdicts && this.told !== "" && this.verdicts.value === (chosen ?? "")) return;
    this.told = told;
    fill(this.verdicts, element("option", { value: "" }, "All verdicts"),
      ...names.map((name) => element("option", { value: name }, `${verdictText(name)} (${counts.get(name)})`)));
    this.verdicts.value = chosen ?? "";
    setAttributes(this.verdicts, { "data-chosen": chosen !== null });
  }

  private chip(query: ListQuery, label: string): HTMLElement {
    const drop = (): void => this.events.onFilter({ labels: query.labels.filter((other) => other !== label) });
    return button(`${label} ×`, drop, { class: "chip active", "aria-label": `Remove the filter ${label}` });
  }
}

export function verdictText(name: string): string {
  return name === "none" ? "No verdict" : words(name);
}

/** Healthy first, no verdict last. */
function rank(name: string): number {
  return name === "healthy" ? 0 : name === "none" ? 2 : 1;
}
