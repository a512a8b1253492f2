/** Depth × step of both jobs, one above the other: one colour scale, one step axis, one selection, one zoom. */

import { legend } from "../../charts/legend";
import type { StepRange } from "../../charts/zoom";
import { tally } from "../../columns";
import { element, fill } from "../../dom";
import { Figure } from "../../figure";
import { count } from "../../format";
import { METRICS, type Metric } from "../../metrics";
import { colorScale } from "../../scale";
import type { Selection } from "../../selection";
import { spread, type TableData } from "../../table";
import { sentence } from "../cell-words";
import type { TraceReader } from "../finer";
import { ZoomBar } from "../zoom";
import { HeatmapHalf } from "./half";
import { rowName, type Letter } from "./match";
import { LETTERS, type Pair } from "./pair";

const TABLE_STEPS = 12;
/** The charts below follow when a gesture has come to rest. */
const REST_MS = 200;

export class HeatmapPair {
  readonly element: HTMLElement;
  private readonly figure: Figure;
  private readonly halves: Record<Letter, HeatmapHalf>;
  private readonly bar: ZoomBar;
  private readonly legend = element("div", { class: "legend" });
  private readonly select: HTMLSelectElement;
  private pair: Pair | null = null;
  /** null: all steps. */
  private window: StepRange | null = null;
  private resting = 0;

  /** `onWindow`: the user zoomed or panned, and came to rest. */
  constructor(
    selection: Selection, metric: Metric, onMetric: (name: string) => void, private readonly onWindow: () => void,
    read: Record<Letter, TraceReader>, signal: AbortSignal,
  ) {
    const half = (letter: Letter): HeatmapHalf =>
      new HeatmapHalf(letter, selection, read[letter], (range, drawn) => this.look(letter, range, drawn), signal);
    this.halves = { a: half("a"), b: half("b") };
    // Whichever is there zooms, and takes the other along.
    const there = (): HeatmapHalf => (this.pair?.traces.a?.steps.length ? this.halves.a : this.halves.b);
    this.bar = new ZoomBar({ zoomBy: (factor) => there().heatmap.zoomBy(factor), panBy: (share) => there().heatmap.panBy(share) });
    this.select = element("select", { id: "metric" },
      ...METRICS.map(({ name, label }) => element("option", { value: name, selected: name === metric.name }, label)));
    this.select.addEventListener("change", () => onMetric(this.select.value));
    this.figure = new Figure(
      "heatmaps", "Depth × step, on one colour scale",
      [this.halves.a.element, this.halves.b.element, this.bar.element, this.legend],
      [element("label", { for: "metric", class: "visually-hidden" }, "Metric"), this.select],
    );
    this.element = this.figure.element;
    selection.onChange(() => this.mark());
    signal.addEventListener("abort", () => clearTimeout(this.resting));
  }

  /** The steps that are seen; the last is exclusive. */
  get range(): [number, number] {
    return this.window ? [this.window.from, this.window.to] : [0, this.pair?.end ?? 1];
  }

  show(metric: Metric, pair: Pair): void {
    this.pair = pair;
    this.select.value = metric.name;
    const measured = LETTERS.flatMap((letter) => pair.traces[letter] ?? []);
    const scale = colorScale(metric.scale, measured.flatMap((columns) => columns.values));
    for (const letter of LETTERS) this.halves[letter].show(metric, pair, scale);
    const tallies = measured.map(tally);
    const sum = (of: "zeros" | "nonfinite"): number => tallies.reduce((total, one) => total + one[of], 0);
    fill(this.legend, ...legend(scale, { zeros: sum("zeros"), nonfinite: sum("nonfinite") }));
    this.figure.describe(`${measured[0] ? sentence(metric, measured[0]) : metric.doc} A colour means the same in both.`);
    this.figure.setTable(() => this.table(metric, pair));
    this.tellZoom();
    this.mark();
  }

  private look(from: Letter, range: StepRange | null, drawn: StepRange): void {
    this.window = range;
    // As it is drawn, parts of steps included: the two stand exactly below each other.
    this.halves[from === "a" ? "b" : "a"].heatmap.setWindow(range && drawn);
    for (const letter of LETTERS) this.halves[letter].look(range);
    this.tellZoom();
    clearTimeout(this.resting);
    this.resting = window.setTimeout(this.onWindow, REST_MS);
  }

  private tellZoom(): void {
    const { window: seen } = this;
    this.bar.show(seen === null, seen ? `Steps ${count(seen.from)} to ${count(seen.to - 1)} of both.` : "All steps. Drag over some to zoom both.");
  }

  private mark(): void {
    for (const letter of LETTERS) this.halves[letter].mark();
  }

  private table(metric: Metric, pair: Pair): TableData {
    const [from, to] = this.range;
    const steps = spread(to - from, TABLE_STEPS).map((place) => from + place);
    const shown = LETTERS.filter((letter) => pair.traces[letter]?.steps.length);
    return {
      caption: `${metric.label} by layer and step, A and B`,
      columns: ["layer", ...steps.flatMap((step) => shown.map((letter) => `${letter.toUpperCase()} ${count(step)}`))],
      rows: pair.rows.map((row, place) => [
        row.a && row.b && row.a !== row.b ? `${row.a} / ${row.b}` : rowName(row),
        ...steps.flatMap((step) => shown.map((letter) => this.halves[letter].cell(place, step))),
      ]),
    };
  }
}
