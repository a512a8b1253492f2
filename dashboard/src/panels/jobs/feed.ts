/** The jobs that are loaded, newest first, kept as the service has them. */

import { ApiError, getJob, listJobs } from "../../api";
import { sleep } from "../../pace";
import { hasEnded, type Job, type JobPage } from "../../shapes";
import { PAGE_SIZE, type ListQuery } from "./query";

const BUSY_MS = 1_000;
const QUIET_MS = 5_000;
const LARGEST_PAGE = 200;
// Jobs below the newest page are read one by one while they train.
const MOST_SINGLE = 10;

export interface FeedEvents {
  onChange(): void;
  /** A sentence, or null when the service answers again. */
  onTrouble(message: string | null): void;
}

export class Feed {
  readonly jobs = new Map<string, Job>();
  /** Whether the service has older ones. */
  more = false;
  /** False until the first answer to the present filters. */
  loaded = false;
  private cursor: string | null = null;
  private etags = new Map<string, string | null>();
  private round = new AbortController();
  private filter: Pick<ListQuery, "state" | "labels" | "text"> = { state: null, labels: [], text: "" };

  constructor(private readonly events: FeedEvents, private readonly outer: AbortSignal) {}

  /** Starts over with other filters. What is shown stays until the answer is there. */
  restart(query: ListQuery): void {
    this.round.abort();
    this.round = new AbortController();
    this.filter = query;
    this.loaded = false;
    void this.follow(query.show, AbortSignal.any([this.outer, this.round.signal]));
  }

  /** Loads one page more. */
  async loadMore(): Promise<void> {
    const signal = AbortSignal.any([this.outer, this.round.signal]);
    await this.attempt(async () => {
      const page = await this.page(PAGE_SIZE, this.cursor, signal);
      if (!signal.aborted) this.append(page);
    }, signal);
  }

  private async follow(show: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !(await this.attempt(() => this.load(show, signal), signal))) await sleep(BUSY_MS, signal);
    while (!signal.aborted) {
      const busy = [...this.jobs.values()].some((job) => !hasEnded(job));
      await sleep(busy ? BUSY_MS : QUIET_MS, signal);
      if (!document.hidden && !signal.aborted) await this.attempt(() => this.refresh(signal), signal);
    }
  }

  private async load(show: number, signal: AbortSignal): Promise<void> {
    const pages: JobPage[] = [];
    let missing = show;
    do {
      pages.push(await this.page(Math.min(LARGEST_PAGE, missing), pages.at(-1)?.next_cursor ?? null, signal));
      missing -= pages.at(-1)!.data.length;
    } while (missing > 0 && pages.at(-1)!.has_more);
    if (signal.aborted) return;
    this.jobs.clear();
    this.loaded = true;
    for (const page of pages) this.append(page);
  }

  private append(page: JobPage): void {
    for (const job of page.data) this.jobs.set(job.id, job);
    this.more = page.has_more;
    this.cursor = page.next_cursor;
    this.events.onChange();
  }

  private async refresh(signal: AbortSignal): Promise<void> {
    const newest = await this.page(PAGE_SIZE, null, signal);
    const older = this.merge(newest);
    await Promise.all(older.filter((job) => !hasEnded(job)).slice(0, MOST_SINGLE).map((job) => this.readOne(job.id, signal)));
    if (!signal.aborted) this.events.onChange();
  }

  /** Takes the newest page over and answers the loaded jobs below it. */
  private merge(newest: JobPage): Job[] {
    const fresh = new Set(newest.data.map((job) => job.id));
    const known = [...this.jobs.values()];
    // More came since the last look than a page holds: what is between is unknown, so the list starts over.
    const gap = newest.has_more && !known.some((job) => fresh.has(job.id));
    const last = newest.data.at(-1)?.id ?? "";
    const older = newest.has_more && !gap ? known.filter((job) => job.id < last) : [];
    this.jobs.clear();
    for (const job of [...newest.data, ...older]) this.jobs.set(job.id, job);
    if (gap || !newest.has_more) [this.more, this.cursor] = [newest.has_more, newest.next_cursor];
    return older;
  }

  private async readOne(id: string, signal: AbortSignal): Promise<void> {
    try {
      const answer = await getJob(id, this.etags.get(id) ?? null, signal);
      if (answer === null || signal.aborted) return;
      this.etags.set(id, answer.etag);
      if (this.filter.state === null || answer.job.state === this.filter.state) this.jobs.set(id, answer.job);
      else this.jobs.delete(id);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404) throw error;
      this.jobs.delete(id);
    }
  }

  private page(limit: number, after: string | null, signal: AbortSignal): Promise<JobPage> {
    const { state, labels, text } = this.filter;
    return listJobs({ state, labels, text, after, limit }, signal);
  }

  private async attempt(work: () => Promise<void>, signal: AbortSignal): Promise<boolean> {
    try {
      await work();
      if (!signal.aborted) this.events.onTrouble(null);
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      if (!(error instanceof ApiError)) throw error;
      this.events.onTrouble(error.message);
      return false;
    }
  }
}
