/**
 * Follows one job until it ends. Events say at once that something changed; the job itself is always read by GET
 * with its ETag, so a lost stream costs seconds and never correctness.
 */

import { ApiError, getJob, openEvents } from "./api";
import { paced, sleep } from "./pace";
import { hasEnded, type Job, type Progress } from "./shapes";
import { messages } from "./sse";

export type Link = "live" | "polling" | "lost" | "ended";

export interface Watcher {
  onJob(job: Job): void;
  onProgress(progress: Progress): void;
  onLink(link: Link): void;
  onError(error: ApiError): void;
}

const POLL_WITH_STREAM = 10_000;
const POLL_WITHOUT = 1_000;
const LONGEST_WAIT = 15_000;

export function watchJob(id: string, watcher: Watcher, outer: AbortSignal): void {
  const ended = new AbortController();
  const signal = AbortSignal.any([outer, ended.signal]);
  let etag: string | null = null;
  let streaming = false;
  let following = false;

  const refresh = paced(read, 200, signal);
  refresh();
  void poll();

  async function read(): Promise<void> {
    try {
      const answer = await getJob(id, etag, signal);
      if (signal.aborted) return;
      watcher.onLink(streaming ? "live" : "polling");
      if (answer === null) return;
      etag = answer.etag;
      watcher.onJob(answer.job);
      if (hasEnded(answer.job)) finish();
      else if (!following) void follow();
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ApiError)) throw error;
      watcher.onLink("lost");
      if (error.status >= 400 && error.status < 500 && error.status !== 429) {
        watcher.onError(error);
        ended.abort();
      }
    }
  }

  function finish(): void {
    watcher.onLink("ended");
    ended.abort();
  }

  async function poll(): Promise<void> {
    while (!signal.aborted) {
      await sleep(streaming ? POLL_WITH_STREAM : POLL_WITHOUT, signal);
      refresh();
    }
  }

  async function follow(): Promise<void> {
    following = true;
    let lastEventId: string | null = null;
    let wait = 500;
    while (!signal.aborted) {
      try {
        const stream = await openEvents(id, lastEventId, signal);
        streaming = true;
        refresh();
        for await (const message of messages(stream)) {
          lastEventId = message.id ?? lastEventId;
          wait = 500;
          if (message.event === "progress") watcher.onProgress(JSON.parse(message.data) as Progress);
          else refresh();
        }
      } catch (error) {
        if (!signal.aborted && !(error instanceof ApiError || error instanceof TypeError)) throw error;
      }
      streaming = false;
      if (!signal.aborted) refresh();
      await sleep(wait, signal);
      wait = Math.min(2 * wait, LONGEST_WAIT);
    }
  }
}
