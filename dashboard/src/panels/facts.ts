/** What was trained and how it ended: the small print beside the pictures. */

import { codeBlock } from "../copy";
import { element, fill } from "../dom";
import { count, number, percent, words } from "../format";
import type { Job, LayerRow } from "../shapes";
import { table } from "../table";
import { PARENT_LABEL } from "./remedy-run";
import { remedyName } from "./remedy-words";

type Row = [string, string];

export class Facts {
  private readonly list = element("dl", { class: "facts" });
  private readonly experiment = element("div", {});
  private readonly layers = element("div", {});
  private readonly layersBox = element("details", { hidden: true }, element("summary", {}, "Layers"), this.layers);
  readonly element = element("section", { class: "panel", "aria-labelledby": "facts-title" },
    element("h2", { id: "facts-title" }, "Run"),
    this.list,
    element("details", {}, element("summary", {}, "Experiment as JSON"), this.experiment),
    this.layersBox,
  );
  private job: Job | null = null;
  private dataset: string | null = null;

  show(job: Job): void {
    const first = this.job === null;
    this.job = job;
    const rows = [...results(job), ...this.setup(job)];
    fill(this.list, ...rows.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]));
    if (first) fill(this.experiment, codeBlock(JSON.stringify(job.experiment, null, 2), "experiment"));
  }

  /** The name of the uploaded data that it was trained on. */
  showDataset(name: string): void {
    this.dataset = name;
    if (this.job) this.show(this.job);
  }

  showLayers(rows: readonly LayerRow[]): void {
    this.layersBox.hidden = rows.length === 0;
    const columns = ["layer", "kind", "shape", "parameters"];
    const cells = rows.map((row) => [
      row.layer, row.function ? `${row.kind} (${row.function})` : row.kind, row.shape.join("×"), count(row.parameters),
    ]);
    fill(this.layers, table({ caption: `${rows.length} layers in depth order`, columns, rows: cells }));
  }

  private setup(job: Job): Row[] {
    const { network, data, training, remedies } = job.experiment;
    const rows: Row[] = [["Remedies", (remedies ?? []).map(remedyName).join(", ") || "none"]];
    const { optimizer } = training ?? {};
    if (optimizer?.name) rows.push(["Optimizer", `${optimizer.name}${optimizer.lr === undefined ? "" : `, lr ${number(optimizer.lr)}`}`]);
    if (network?.init?.scheme) rows.push(["Initialization", words(network.init.scheme)]);
    const { source } = data ?? {};
    if (source?.kind === "uploaded") rows.push(["Data", this.dataset ?? source.dataset_id ?? "uploaded"]);
    else if (source?.kind) rows.push(["Data", words(source.kind)]);
    if (training?.loss) rows.push(["Loss function", words(training.loss)]);
    if (training?.batch_size !== undefined) rows.push(["Batch size", count(training.batch_size)]);
    if (training?.seed !== undefined) rows.push(["Seed", String(training.seed)]);
    const labels = Object.entries(job.labels).filter(([name]) => name !== PARENT_LABEL).map(([name, value]) => `${name}: ${value}`);
    if (labels.length > 0) rows.push(["Labels", labels.join(", ")]);
    if (job.worker) rows.push(["Worker", job.worker]);
    rows.push(["Id", job.id]);
    return rows;
  }
}

function results(job: Job): Row[] {
  const { result } = job;
  if (!result) return [];
  const rows: Row[] = [["Loss", number(result.loss)]];
  if (result.accuracy !== null) rows.push(["Accuracy", percent(result.accuracy)]);
  if (result.validation_loss !== null) rows.push(["Validation loss", number(result.validation_loss)]);
  if (result.validation_accuracy !== null) rows.push(["Validation accuracy", percent(result.validation_accuracy)]);
  const goal = job.resolved.training?.target;
  if (goal && typeof result.target_reached === "boolean") rows.push(["Target", target(goal, result.target_reached, result.target_step ?? null)]);
  if (typeof result.stopped_at === "number") {
    const why = result.stopped_by ? `: ${words(result.stopped_by).toLowerCase()}` : "";
    rows.push(["Stopped early", `after ${count(result.stopped_at)} steps${why}`]);
  }
  if (result.trace_overhead !== null) rows.push(["Cost of tracing", percent(result.trace_overhead)]);
  return rows;
}

function target(goal: { metric: string; value: number }, reached: boolean, step: number | null): string {
  const name = `${words(goal.metric).toLowerCase()} ${number(goal.value)}`;
  if (!reached) return `${name}: not reached`;
  return `${name}: reached${step === null ? "" : ` at step ${count(step)}`}`;
}
