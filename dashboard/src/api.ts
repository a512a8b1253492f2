/** The calls of /v1. Every failure is an ApiError whose message is a sentence for the user. */

import { askForKey, authorization } from "./key";
import type { Columns, Job, JobPage, JobState, LayerRow, Problem } from "./shapes";

export class ApiError extends Error {
  constructor(message: string, readonly status: number) {
    super(message);
  }
}

export interface JobQuery {
  state: JobState | null;
  after: string | null;
  limit: number;
}

export async function listJobs(query: JobQuery, signal: AbortSignal): Promise<JobPage> {
  const parameters = new URLSearchParams({ limit: String(query.limit) });
  if (query.state) parameters.set("state", query.state);
  if (query.after) parameters.set("after", query.after);
  return json(`/v1/jobs?${parameters}`, { signal });
}

export async function submitJob(experiment: unknown, signal: AbortSignal): Promise<Job> {
  return json("/v1/jobs", {
    method: "POST", signal, headers: { "Content-Type": "application/json" }, body: JSON.stringify(experiment),
  });
}

/** The job and its ETag, or null when it is still the one with `etag`. */
export async function getJob(id: string, etag: string | null, signal: AbortSignal): Promise<{ job: Job; etag: string | null } | null> {
  const headers: Record<string, string> = etag === null ? {} : { "If-None-Match": etag };
  const answer = await call(`/v1/jobs/${encodeURIComponent(id)}`, { signal, headers });
  if (answer.status === 304) return null;
  return { job: (await answer.json()) as Job, etag: answer.headers.get("ETag") };
}

export async function cancelJob(id: string): Promise<void> {
  await call(`/v1/jobs/${encodeURIComponent(id)}/cancel`, { method: "POST" });
}

export async function getLayers(id: string, signal: AbortSignal): Promise<LayerRow[]> {
  return json(`/v1/jobs/${encodeURIComponent(id)}/layers`, { signal });
}

export async function getTrace(id: string, metric: string, maxPoints: number, signal: AbortSignal): Promise<Columns> {
  return json(`/v1/jobs/${encodeURIComponent(id)}/traces?metric=${metric}&max_points=${maxPoints}`, { signal });
}

export async function getCurve(id: string, metric: string, agg: string, signal: AbortSignal): Promise<Columns> {
  return json(`/v1/jobs/${encodeURIComponent(id)}/curves?metric=${metric}&agg=${agg}`, { signal });
}

/** The event stream as it arrives, resumed after the event with `lastEventId`. */
export async function openEvents(id: string, lastEventId: string | null, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
  const headers: Record<string, string> = { Accept: "text/event-stream" };
  if (lastEventId !== null) headers["Last-Event-ID"] = lastEventId;
  const answer = await call(`/v1/jobs/${encodeURIComponent(id)}/events`, { signal, headers });
  if (answer.body === null) throw new ApiError("The event stream came back empty.", answer.status);
  return answer.body;
}

async function json<T>(path: string, init: RequestInit): Promise<T> {
  return (await (await call(path, init)).json()) as T;
}

async function call(path: string, init: RequestInit): Promise<Response> {
  for (;;) {
    const answer = await reach(path, init);
    if (answer.ok || answer.status === 304) return answer;
    if (answer.status !== 401) throw new ApiError(await sentence(answer), answer.status);
    await askForKey();
    init.signal?.throwIfAborted();
  }
}

async function reach(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, { cache: "no-store", ...init, headers: { ...init.headers, ...authorization() } });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ApiError("The service does not answer. It may be restarting.", 0);
  }
}

async function sentence(answer: Response): Promise<string> {
  try {
    const problem = (await answer.json()) as Problem;
    const places = (problem.errors ?? []).map((error) => `${error.pointer}: ${error.detail}`);
    return [problem.detail ?? problem.title, ...places].join(" ");
  } catch {
    return `The service answered ${answer.status} ${answer.statusText}.`.replace(" .", ".");
  }
}
