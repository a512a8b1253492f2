/** The table of jobs: headings that sort, and rows that keep their place and the keyboard while they change. */

import { button, element, setAttributes } from "../../dom";
import { words } from "../../format";
import type { Job } from "../../shapes";
import { firstSort } from "./order";
import { SORT_KEYS, type Sort, type SortKey } from "./query";
import { JobRow, type RowEvents } from "./row";

const HEADINGS: Record<SortKey, string> = {
  name: "Job", state: "State", verdict: "Verdict", loss: "Loss", accuracy: "Accuracy", duration: "Duration", created: "Created",
};
const FIGURES = new Set<SortKey>(["loss", "accuracy", "duration", "created"]);
const LETTERS = ["A", "B"] as const;

export class JobTable {
  private readonly caption = element("caption", { class: "visually-hidden" });
  private readonly body = element("tbody", {});
  private readonly headings = new Map<SortKey, HTMLTableCellElement>();
  private readonly rows = new Map<string, JobRow>();
  private order: JobRow[] = [];
  private sort: Sort | null = null;
  readonly element: HTMLElement;

  constructor(private readonly events: RowEvents & { onSort(sort: Sort): void }) {
    for (const by of SORT_KEYS) {
      const sorter = button(HEADINGS[by], () => events.onSort(this.nextSort(by)), { class: "sorter" });
      this.headings.set(by, element("th", { scope: "col", class: FIGURES.has(by) ? "figure" : null }, sorter));
    }
    const pick = element("th", { scope: "col", class: "job-pick" }, element("span", { class: "visually-hidden" }, "Compare"));
    this.element = element(
      "table", { class: "jobs", hidden: true },
      this.caption, element("thead", {}, element("tr", {}, pick, ...this.headings.values())), this.body,
    );
  }

  show(jobs: readonly Job[], sort: Sort, picked: readonly string[]): void {
    this.showSort(sort);
    const seen = new Set(jobs.map((job) => job.id));
    for (const id of this.rows.keys()) if (!seen.has(id)) this.rows.delete(id);
    this.order = jobs.map((job) => {
      const row = this.rows.get(job.id) ?? new JobRow(job.id, this.events);
      this.rows.set(job.id, row);
      row.show(job, picked.includes(job.id) ? LETTERS[picked.indexOf(job.id)] ?? null : null);
      return row;
    });
    this.place();
    this.element.hidden = jobs.length === 0;
  }

  /** Moves the keyboard `by` rows from where it is; from elsewhere to the first row, or the last. */
  move(by: number): void {
    const here = this.current();
    const place = here === null ? (by > 0 ? 0 : this.order.length - 1) : this.order.indexOf(here) + by;
    const row = this.order[Math.min(this.order.length - 1, Math.max(0, place))];
    row?.link.focus();
    row?.element.scrollIntoView({ block: "nearest" });
  }

  /** The row that has the keyboard. */
  current(): JobRow | null {
    const focused = document.activeElement;
    return this.order.find((row) => row.element.contains(focused)) ?? null;
  }

  /** Puts the rows into order with as few moves as it takes: a row that is moved loses the keyboard, and gets it back. */
  private place(): void {
    const focused = document.activeElement;
    const wanted = new Set<Element>(this.order.map((row) => row.element));
    for (const child of [...this.body.children]) if (!wanted.has(child)) child.remove();
    this.order.forEach((row, place) => {
      const there = this.body.children[place] ?? null;
      if (there !== row.element) this.body.insertBefore(row.element, there);
    });
    if (focused !== document.activeElement && focused instanceof HTMLElement && this.body.contains(focused)) focused.focus({ preventScroll: true });
  }

  private showSort(sort: Sort): void {
    if (this.sort?.by === sort.by && this.sort.descending === sort.descending) return;
    this.sort = sort;
    const direction = sort.descending ? "descending" : "ascending";
    for (const [by, heading] of this.headings) setAttributes(heading, { "aria-sort": by === sort.by ? direction : null });
    this.caption.textContent = sort.by === "created" && sort.descending ? "Jobs, newest first" : `Jobs by ${HEADINGS[sort.by].toLowerCase()}, ${direction}`;
  }

  private nextSort(by: SortKey): Sort {
    return this.sort?.by === by ? { by, descending: !this.sort.descending } : firstSort(by);
  }
}

/** The headings as a list to choose from, where the screen is too narrow for them. */
export function sortOptions(): { value: string; label: string }[] {
  return SORT_KEYS.flatMap((by) => {
    const first = firstSort(by);
    return [first, { by, descending: !first.descending }].map((sort) => ({ value: sortValue(sort), label: sortLabel(sort) }));
  });
}

export function sortValue({ by, descending }: Sort): string {
  return `${descending ? "-" : ""}${by}`;
}

function sortLabel({ by, descending }: Sort): string {
  if (by === "created") return descending ? "Newest first" : "Oldest first";
  if (by === "name") return descending ? "Name, Z to A" : "Name, A to Z";
  if (by === "state") return descending ? "Ended first" : "Running first";
  if (by === "verdict") return descending ? "Healthy first" : "Worst verdict first";
  return `${words(by)}, ${descending ? "largest" : "smallest"} first`;
}
