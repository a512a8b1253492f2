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
  /** null without a target. */
  target_reached?: boolean | null;
  target_step?: number | null;
  /** Where a finding ended the run early, and the rule of that finding. */
  stopped_at?: number | null;
  stopped_by?: string | null;
}

/** One fault of a body: a JSON pointer, and a sentence that says what to do. */
export interface Fault {
  pointer: string;
  detail: string;
}

export interface Problem {
  type?: string;
  title: string;
  status?: number;
  detail?: string | null;
  errors?: Fault[];
}

/** As sent, defaults filled in; only what the page shows is typed. */
export interface Experiment {
  network?: { init?: { scheme?: string } };
  data?: { source?: { kind?: string; dataset_id?: string } };
  training?: {
    loss?: string;
    optimizer?: { name?: string; lr?: number };
    batch_size?: number;
    seed?: number;
    target?: { metric: string; value: number } | null;
    clip_grad_norm?: number | null;
    clip_grad_value?: number | null;
    lr_schedule?: { name?: string; warmup_steps?: number };
  };
  trace?: { histogram_every?: number | null };
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
  /** After remedies: repeats multiplied out, layers named. */
  resolved: Experiment;
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
  /** Only where columns are time steps of recurrent layers: the layer and the time step of each. */
  of_layer?: string[] | null;
  times?: number[] | null;
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
  /** Length of the sequence that a recurrent layer reads. */
  time_steps?: number | null;
}

/** A layer with weights at the start weights; ratios are ‖δ‖ over that of the last such layer. */
export interface TheoryRow {
  layer: string;
  /** The factor of ‖δ‖ from the next layer with weights to this one. */
  sqrt_chi: number | null;
  delta_norm_ratio: number | null;
  /** The band in which the ratio lies for 95 % of the draws of weights at these widths. */
  low: number | null;
  high: number | null;
  measured: number | null;
  agrees: boolean | null;
  reason: string | null;
}

export interface Theory {
  layers: TheoryRow[];
  /** At least this often a ReLU layer is zero as a whole before anything is trained. */
  born_dead_probability: number;
}

/** One change that a remedy makes; settings are named by their path, layers by their name. */
export interface Change {
  op: "add" | "remove" | "replace";
  path: string;
  before: unknown;
  after: unknown;
  behind: string | null;
  inside: string | null;
  /** Index of the remedy that makes it. */
  remedy: number | null;
  kind: string | null;
}

/** A layer before it is trained; shape and numbers are those of one sample. */
export interface PlannedLayer extends LayerRow {
  outputs: number;
  flops: number;
}

export interface Estimate {
  /** Bytes. */
  memory: Record<string, number> & { total: number };
  trace_bytes: number;
  flops_per_step: number;
  /** To an order of magnitude. */
  cpu_seconds: number;
  /** How the seconds were estimated. */
  basis: string;
}

/** What the page reads of `POST /v1/preflight`. */
export interface Preflight {
  layers: PlannedLayer[];
  parameters: number;
  steps: number;
  samples: { training: number; validation: number; per_step: number };
  estimate: Estimate;
  diff: Change[];
  admission: { admitted: boolean; limits: { admitted: boolean; pointer: string; detail: string | null }[] };
  theory: Theory | null;
  findings: Finding[];
  warnings: string[];
}

/** log10|gradient| of a layer, in octaves; every entry is a zero, not finite, or in one bin. */
export interface Histogram {
  layer: string | null;
  step: number;
  entries: number;
  zeros: number;
  nonfinite: number;
  /** How many of them float16 would round to zero. */
  underflow_float16: number;
  bins: { lo: number; hi: number; count: number }[];
  steps: number[];
  layers: string[];
}

export interface Dataset {
  id: string;
  name: string;
}

export function hasEnded(job: Job): boolean {
  return job.state !== "queued" && job.state !== "running";
}
