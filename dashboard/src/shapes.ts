/** What the API answers (contract §3 to §5). Every shape the dashboard reads is in this file. */

export type JobState = "queued" | "running" | "succeeded" | "failed" | "cancelled";

export const JOB_STATES: readonly JobState[] = ["queued", "running", "succeeded", "failed", "cancelled"];

export type Severity = "info" | "warning" | "critical";

export interface Remedy {
  kind: string;
  [field: string]: unknown;
}

export interface Finding {
  rule: string;
  severity: Severity;
  cause: string;
  layers: string[];
  first_step: number;
  last_step: number;
  value: number | null;
  threshold: number | null;
  explanation: string;
  /** The pass in which a value first stopped being finite. */
  direction?: "forward" | "backward" | null;
  /** The rule of the finding that brought this one about. */
  follows_from?: string | null;
  remedies: Remedy[];
}

export interface Diagnosis {
  status: "pending" | "healthy" | "issues_found";
  verdict: string | null;
  findings: Finding[];
}

export interface Progress {
  step: number;
  total_steps: number;
  steps_per_second: number | null;
  eta_seconds: number | null;
}

export interface Result {
  loss: number | null;
  accuracy: number | null;
  validation_loss: number | null;
  validation_accuracy: number | null;
  trace_overhead: number | null;
}

export interface Problem {
  type?: string;
  title: string;
  status?: number;
  detail?: string | null;
  errors?: { pointer: string; detail: string }[];
}

/** As sent, defaults filled in; only what the page shows is typed. */
export interface Experiment {
  network?: { init?: { scheme?: string } };
  data?: { source?: { kind?: string } };
  training?: { loss?: string; optimizer?: { name?: string; lr?: number }; batch_size?: number; seed?: number };
  remedies?: Remedy[];
}

export interface Job {
  id: string;
  name: string | null;
  labels: Record<string, string>;
  state: JobState;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  cancel_requested_at: string | null;
  attempt: number;
  worker: string | null;
  device: string | null;
  progress: Progress;
  experiment: Experiment;
  diagnosis: Diagnosis;
  result: Result | null;
  error: Problem | null;
}

export interface JobPage {
  data: Job[];
  has_more: boolean;
  next_cursor: string | null;
}

/** `layout=columns` of traces and curves: `values[layer][point]`, NaN and Infinity as null and counted. */
export interface Columns {
  metric: string;
  unit: string;
  agg: string;
  bucket_steps: number;
  source_points: number;
  steps: number[];
  layers: string[];
  values: (number | null)[][];
  nonfinite: number[][];
}

export interface LayerRow {
  depth: number;
  layer: string;
  kind: string;
  function?: string | null;
  parameters: number;
  shape: number[];
}

export function hasEnded(job: Job): boolean {
  return job.state !== "queued" && job.state !== "running";
}
