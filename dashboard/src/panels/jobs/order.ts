/** What the service does not do: filtering by verdict, and every order but newest first. Both over what is loaded. */

import { verdict, type Tone } from "../../badges";
import { secondsBetween } from "../../format";
import type { Job, JobState } from "../../shapes";
import type { ListQuery, Sort, SortKey } from "./query";

const STATES: Record<JobState, number> = { running: 0, queued: 1, failed: 2, cancelled: 3, succeeded: 4 };
const TONES: Record<Tone, number> = { critical: 0, warning: 1, info: 2, good: 3, quiet: 4 };

/** Jobs of the verdict in the order asked for; equals newest first, and what has no value last. */
export function arranged(jobs: Iterable<Job>, query: ListQuery): Job[] {
  const wanted = [...jobs].filter((job) => query.verdict === null || verdictName(job) === query.verdict);
  return wanted.sort((one, other) => byValue(one, other, query.sort) || (one.id < other.id ? 1 : -1));
}

export function verdictName(job: Job): string {
  return job.diagnosis.verdict ?? "none";
}

/** Seconds from start to end, or until now. */
export function secondsOf(job: Job): number | null {
  if (job.started_at === null) return null;
  return Math.max(0, secondsBetween(job.started_at, job.finished_at ?? new Date().toISOString()));
}

/** How a column is sorted when it is first chosen: the most telling row on top. */
export function firstSort(by: SortKey): Sort {
  return { by, descending: by === "created" || by === "duration" || by === "accuracy" };
}

function byValue(one: Job, other: Job, { by, descending }: Sort): number {
  const [left, right] = [valueOf(one, by), valueOf(other, by)];
  if (left === null || right === null) return Number(left === null) - Number(right === null);
  const order = typeof left === "string" ? left.localeCompare(String(right), undefined, { numeric: true }) : left - Number(right);
  return descending ? -order : order;
}

function valueOf(job: Job, by: SortKey): string | number | null {
  if (by === "name") return job.name || job.id;
  if (by === "state") return STATES[job.state];
  if (by === "verdict") return `${TONES[verdict(job).tone]} ${verdict(job).text}`;
  if (by === "duration") return secondsOf(job);
  if (by === "created") return Date.parse(job.created_at);
  return job.result?.[by] ?? null;
}
