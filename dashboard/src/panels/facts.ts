/** What was trained and how it ended: the small print beside the pictures. */

import { codeBlock } from "../copy";
import { element, fill } from "../dom";
import { count, number, percent, words } from "../format";
import type { Job, LayerRow, Remedy } from "../shapes";
import { table } from "../table";

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
  private written = false;

  show(job: Job): void {
    const rows = [...results(job), ...setup(job)];
    fill(this.list, ...rows.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]));
    if (this.written) return;
    this.written = true;
    fill(this.experiment, codeBlock(JSON.stringify(job.experiment, null, 2), "experiment"));
  }

  showLayers(rows: readonly LayerRow[]): void {
    this.layersBox.hidden = rows.length === 0;
    const columns = ["layer", "kind", "shape", "parameters"];
    const cells = rows.map((row) => [
      row.layer, row.function ? `${row.kind} (${row.function})` : row.kind, row.shape.join("×"), count(row.parameters),
    ]);
    fill(this.layers, table({ caption: `${rows.length} layers in depth order`, columns, rows: cells }));
  }
}

type Row = [string, string];

function results(job: Job): Row[] {
  const { result } = job;
  if (!result) return [];
  const rows: Row[] = [["Loss", number(result.loss)]];
  if (result.accuracy !== null) rows.push(["Accuracy", percent(result.accuracy)]);
  if (result.validation_loss !== null) rows.push(["Validation loss", number(result.validation_loss)]);
  if (result.validation_accuracy !== null) rows.push(["Validation accuracy", percent(result.validation_accuracy)]);
  if (result.trace_overhead !== null) rows.push(["Cost of tracing", percent(result.trace_overhead)]);
  return rows;
}

function setup(job: Job): Row[] {
  const { network, data, training, remedies } = job.experiment;
  const rows: Row[] = [["Remedies", (remedies ?? []).map(remedyText).join(", ") || "none"]];
  const { optimizer } = training ?? {};
  if (optimizer?.name) rows.push(["Optimizer", `${optimizer.name}${optimizer.lr === undefined ? "" : `, lr ${number(optimizer.lr)}`}`]);
  if (network?.init?.scheme) rows.push(["Initialization", words(network.init.scheme)]);
  if (data?.source?.kind) rows.push(["Data", words(data.source.kind)]);
  if (training?.loss) rows.push(["Loss function", words(training.loss)]);
  if (training?.batch_size !== undefined) rows.push(["Batch size", count(training.batch_size)]);
  if (training?.seed !== undefined) rows.push(["Seed", String(training.seed)]);
  const labels = Object.entries(job.labels).map(([name, value]) => `${name}: ${value}`);
  if (labels.length > 0) rows.push(["Labels", labels.join(", ")]);
  if (job.worker) rows.push(["Worker", job.worker]);
  rows.push(["Id", job.id]);
  return rows;
}

function remedyText(remedy: Remedy): string {
  const settings = Object.entries(remedy).filter(([name, value]) => name !== "kind" && value !== null);
  const text = settings.map(([name, value]) => (typeof value === "string" ? value : `${name} ${JSON.stringify(value)}`)).join(" ");
  return text ? `${words(remedy.kind).toLowerCase()} (${text})` : words(remedy.kind).toLowerCase();
}
