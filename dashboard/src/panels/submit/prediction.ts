/** The backward signal that theory expects of a draft at its start weights, layer by layer, with the band that chance allows. */

import { Plot } from "../../charts/plot";
import { Figure } from "../../figure";
import { number } from "../../format";
import type { Theory, TheoryRow } from "../../shapes";

// float32 holds nothing beyond these: theory further out would only stretch the axis.
const [LEAST, MOST] = [1e-46, 1e39];

export class Prediction {
  readonly element: HTMLElement;
  private readonly figure: Figure;
  private readonly plot: Plot;
  private rows: readonly TheoryRow[] = [];
  private marked = "";

  constructor(signal: AbortSignal) {
    this.plot = new Plot(
      {
        lines: [
          { label: "97.5 %", color: 3, edge: true, bridge: true }, { label: "2.5 %", color: 3, edge: true, bridge: true },
          { label: "expected", color: 0, points: true, bridge: true },
        ],
        bands: [{ upper: 0, lower: 1 }],
        xLabel: "layer",
        height: 230,
        xText: (place, where) => {
          const layer = this.rows[place]?.layer ?? "";
          return where === "axis" ? layer.split(" ")[0]! : layer;
        },
        onPick: (place) => this.mark(place),
      },
      signal,
    );
    this.figure = new Figure("prediction", "Predicted gradient profile", [this.plot.element]);
    this.element = this.figure.element;
  }

  show(theory: Theory | null): void {
    this.rows = theory?.layers ?? [];
    const known = this.rows.filter((row) => row.delta_norm_ratio !== null && row.low !== null).length > 1;
    const sentence = theory ? sentenceOf(this.rows) : "No prediction while the experiment is too large for this service.";
    this.figure.describe(sentence);
    this.plot.element.hidden = !known;
    this.figure.setTable(() => ({
      caption: "Backward signal over that of the last layer, at the start weights",
      columns: ["layer", "expected", "2.5 %", "97.5 %", "√χ"],
      rows: this.rows.map((row) => [row.layer, ...[row.delta_norm_ratio, row.low, row.high, row.sqrt_chi].map(number)]),
    }));
    if (!known) return;
    this.plot.show({
      x: this.rows.map((_, place) => place),
      lines: [this.values("high"), this.values("low"), this.values("delta_norm_ratio")],
      xRange: [-0.5, Math.max(0.5, this.rows.length - 0.5)],
      y: "log",
      description: sentence,
    });
    // The readout tells of the first layer until another is looked at.
    if (!this.rows.some((row) => row.layer === this.marked)) this.mark(0);
  }

  private mark(place: number): void {
    this.marked = this.rows[place]?.layer ?? "";
    this.plot.mark(place);
  }

  private values(field: "high" | "low" | "delta_norm_ratio"): (number | null)[] {
    return this.rows.map((row) => (row[field] === null ? null : Math.min(MOST, Math.max(LEAST, row[field]))));
  }
}

function sentenceOf(rows: readonly TheoryRow[]): string {
  const first = rows.find((row) => row.delta_norm_ratio !== null && row.low !== null);
  const reason = rows.find((row) => row.reason !== null)?.reason;
  if (!first || first === rows.at(-1)) return `No prediction: ${reason ?? "there are no two layers with weights"}.`;
  const band = `between ${number(first.low)} and ${number(first.high)} for 95 % of draws at these widths`;
  const part = reason ? ` Nothing is said of some layers: ${reason}.` : "";
  return `‖∂loss/∂(pre-activation)‖ at the start weights, over that of the last layer: ${first.layer} gets ${number(first.delta_norm_ratio)}, ${band}.${part}`;
}
