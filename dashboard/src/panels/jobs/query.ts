/** What the list shows, as its address says it. */

import { JOB_STATES, type JobState } from "../../shapes";

export const PAGE_SIZE = 50;
/** Newer addresses than a reader would scroll through; each page of it is a request. */
const MOST_SHOWN = 2_000;
export const MOST_PICKED = 2;

export const SORT_KEYS = ["name", "state", "verdict", "loss", "accuracy", "duration", "created"] as const;

export type SortKey = (typeof SORT_KEYS)[number];

export interface Sort {
  by: SortKey;
  descending: boolean;
}

export interface ListQuery {
  state: JobState | null;
  /** A rule, `healthy`, or `none` for jobs without a verdict. */
  verdict: string | null;
  /** `key:value` */
  labels: readonly string[];
  text: string;
  sort: Sort;
  /** How many of the newest jobs are loaded. */
  show: number;
  /** Ids of the jobs to compare, in the order in which they were chosen. */
  picked: readonly string[];
}

export const NEWEST_FIRST: Sort = { by: "created", descending: true };

export function readQuery(address: URLSearchParams): ListQuery {
  const show = Math.ceil(Number(address.get("show") ?? 0) / PAGE_SIZE) * PAGE_SIZE;
  return {
    state: JOB_STATES.find((name) => name === address.get("state")) ?? null,
    verdict: address.get("verdict"),
    labels: [...new Set(address.getAll("label").filter(isLabel))],
    text: address.get("q") ?? "",
    sort: readSort(address.get("sort")),
    show: Math.min(MOST_SHOWN, Math.max(PAGE_SIZE, Number.isFinite(show) ? show : 0)),
    picked: [...new Set(address.getAll("pick"))].slice(0, MOST_PICKED),
  };
}

/** The path and query that bring the list back; what is as usual is left out. */
export function addressOf(query: ListQuery): string {
  const address = new URLSearchParams();
  if (query.state) address.set("state", query.state);
  if (query.verdict) address.set("verdict", query.verdict);
  for (const label of query.labels) address.append("label", label);
  if (query.text) address.set("q", query.text);
  const { by, descending } = query.sort;
  if (by !== NEWEST_FIRST.by || descending !== NEWEST_FIRST.descending) address.set("sort", `${descending ? "-" : ""}${by}`);
  if (query.show > PAGE_SIZE) address.set("show", String(query.show));
  for (const id of query.picked) address.append("pick", id);
  const text = address.toString();
  return `/ui/${text ? `?${text}` : ""}`;
}

/** Whether the service would take it as a label: `key:value` with a key. */
export function isLabel(text: string): boolean {
  return /^[^:\s][^:]{0,62}:.{0,200}$/.test(text);
}

function readSort(text: string | null): Sort {
  const by = SORT_KEYS.find((key) => key === text?.replace(/^-/, ""));
  return by ? { by, descending: text!.startsWith("-") } : NEWEST_FIRST;
}
