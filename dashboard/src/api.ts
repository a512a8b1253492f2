/** The calls of /v1. Every failure is an ApiError whose message is a sentence for the user. */

import type { Definitions } from "./editor/schema";
import { admitted, askForKey } from "./key";
import type { Catalog } from "./panels/submit/catalog";
import type {
  Columns, Dataset, Fault, Histogram, Job, JobPage, JobState, LayerRow, Preflight, Problem, Theory,
} from "./shapes";

export class ApiError extends Error {
  /** `places`: what is wrong where in the body, as JSON pointers. */
  constructor(message: string, readonly status: number, readonly places: readonly Fault[] = []) {
    super(message);
  }
}

export interface JobQuery {
  state: JobState | null;
  /** `key:value`; a job must have them all. */
  labels?: readonly string[];
  /** Part of the name. */
  text?: string;
  after: string | null;
  limit: number;
}

export async function listJobs(query: JobQuery, signal: AbortSignal): Promise<JobPage> {
  const parameters = new URLSearchParams({ limit: String(query.limit) });
  if (query.state) parameters.set("state", query.state);
  for (const label of query.labels ?? []) parameters.append("label", label);
  if (query.text) parameters.set("q", query.text);
  if (query.after) parameters.set("after", query.after);
  return json(`/v1/jobs?${parameters}`, { signal });
}

/** Posts an experiment. Sent again with the same `key`, it answers with the same job. */
export async function submitJob(experiment: unknown, signal: AbortSignal, key: string | null = null): Promise<Job> {
  return json("/v1/jobs", {
    method: "POST", signal, body: JSON.stringify(experiment),
    headers: { "Content-Type": "application/json", ...(key === null ? {} : { "Idempotency-Key": key }) },
  });
}

/** What would be trained, and what its remedies change; nothing is trained. */
export async function preflight(experiment: unknown, signal: AbortSignal): Promise<Preflight> {
  return json("/v1/preflight", {
    method: "POST", signal, headers: { "Content-Type": "application/json" }, body: JSON.stringify(experiment),
  });
}

/** Everything an experiment can name. */
export async function getCatalog(): Promise<Catalog> {
  return json("/v1/catalog", { cache: "no-cache" });
}

/** The description of the API, with the schema of an experiment. */
export async function getDescription(): Promise<{ components: { schemas: Definitions } }> {
  return json("/openapi.json", { cache: "no-cache" });
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

export async function deleteJob(id: string): Promise<void> {
  await call(`/v1/jobs/${encodeURIComponent(id)}`, { method: "DELETE" });
}

export async function getLayers(id: string, signal: AbortSignal): Promise<LayerRow[]> {
  return json(`/v1/jobs/${encodeURIComponent(id)}/layers`, { signal });
}

/** Part of a series; all of it where nothing is said. `agg` is `max` by default, the last step is included. */
export interface Part {
  agg?: "max" | "min" | "mean" | "last";
  layers?: readonly string[];
  from?: number;
  to?: number;
}

export async function getTrace(id: string, metric: string, maxPoints: number, signal: AbortSignal, part: Part = {}): Promise<Columns> {
  const parameters = new URLSearchParams({ metric, max_points: String(maxPoints) });
  if (part.agg) parameters.set("agg", part.agg);
  for (const layer of part.layers ?? []) parameters.append("layers", layer);
  if (part.from !== undefined) parameters.set("from_step", String(part.from));
  if (part.to !== undefined) parameters.set("to_step", String(part.to));
  return json(`/v1/jobs/${encodeURIComponent(id)}/traces?${parameters}`, { signal });
}

export async function getCurve(id: string, metric: string, agg: string, signal: AbortSignal, part: Part = {}): Promise<Columns> {
  const parameters = new URLSearchParams({ metric, agg });
  if (part.from !== undefined) parameters.set("from_step", String(part.from));
  if (part.to !== undefined) parameters.set("to_step", String(part.to));
  return json(`/v1/jobs/${encodeURIComponent(id)}/curves?${parameters}`, { signal });
}

export async function getTheory(id: string, signal: AbortSignal): Promise<Theory> {
  return json(`/v1/jobs/${encodeURIComponent(id)}/theory`, { signal });
}

/** The histogram nearest to `step`. */
export async function getHistogram(id: string, layer: string, step: number, signal: AbortSignal): Promise<Histogram> {
  const parameters = new URLSearchParams({ layer, step: String(step) });
  return json(`/v1/jobs/${encodeURIComponent(id)}/histograms?${parameters}`, { signal });
}

export async function listDatasets(signal: AbortSignal): Promise<Dataset[]> {
  return (await json<{ data: Dataset[] }>("/v1/datasets?limit=200", { signal })).data;
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
  await admitted();
  init.signal?.throwIfAborted();
  for (;;) {
    const answer = await reach(path, init);
    if (answer.ok || answer.status === 304) return answer;
    if (answer.status !== 401) throw await refusal(answer);
    await askForKey();
    init.signal?.throwIfAborted();
  }
}

async function reach(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, { cache: "no-store", ...init });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ApiError("The service does not answer. It may be restarting.", 0);
  }
}

async function refusal(answer: Response): Promise<ApiError> {
  try {
    const { title, detail, errors = [] } = (await answer.json()) as Problem;
    const places = errors.map((error) => `${error.pointer}: ${error.detail}`);
    return new ApiError([detail ?? title, ...places].join(" "), answer.status, errors);
  } catch {
    return new ApiError(`The service answered ${answer.status} ${answer.statusText}.`.replace(" .", "."), answer.status);
  }
}
