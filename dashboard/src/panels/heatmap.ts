/** The heatmap with its metric, its zoom, its legend and the line that reads out one cell. */

import { Heatmap } from "../charts/heatmap";
import { legend } from "../charts/legend";
import type { Extent } from "../charts/marks";
import { knows, type Picture } from "../charts/raster";
import { settled, type StepRange } from "../charts/zoom";
import { columnAt, tally } from "../columns";
import { element, fill, setAttributes } from "../dom";
import { Figure } from "../figure";
import { METRICS, type Metric } from "../metrics";
import { rememberQuery } from "../router";
import { colorScale, type ColorScale } from "../scale";
import type { Selection } from "../selection";
import type { Columns } from "../shapes";
import { cellText, description, seenText, sentence, stepsOf, tableOf } from "./cell-words";
import { Finer, type TraceReader } from "./finer";
import { ZoomBar } from "./zoom";

/** The address is written when a gesture has come to rest: a browser allows only so many changes a second. */
const REST_MS = 250;

export class HeatmapPanel {
  readonly element: HTMLElement;
  private readonly figure: Figure;
  private readonly heatmap: Heatmap;
  private readonly finer: Finer;
  private readonly bar: ZoomBar;
  private readonly legend = element("div", { class: "legend" });
  private readonly readout = element("output", { class: "readout" });
  private readonly empty = element("p", { class: "empty-chart", hidden: true });
  private readonly select: HTMLSelectElement;
  private readonly listeners: ((window: StepRange | null) => void)[] = [];
  private shown: { metric: Metric; columns: Columns; end: number; scale: ColorScale | null } | null = null;
  private resting = 0;

  /** `read`: for finer columns where the user zooms, and for dips between the columns. */
  constructor(
    private readonly selection: Selection, metric: Metric, onMetric: (name: string) => void, signal: AbortSignal,
    read: TraceReader | null = null,
  ) {
    this.heatmap = new Heatmap(
      {
        onSelect: (spot) => selection.set(spot),
        onHover: (spot) => this.read(spot ?? selection),
        onWindow: (window) => this.look(window),
      },
      signal,
    );
    this.finer = new Finer(read, () => this.draw(), (detail) => this.refine(detail), signal);
    this.bar = new ZoomBar(this.heatmap);
    this.select = element("select", { id: "metric" },
      ...METRICS.map(({ name, label }) => element("option", { value: name, selected: name === metric.name }, label)));
    this.select.addEventListener("change", () => onMetric(this.select.value));
    this.figure = new Figure(
      "heatmap", "Depth × step",
      [this.empty, this.heatmap.element, this.bar.element, this.readout, this.legend],
      [element("label", { for: "metric", class: "visually-hidden" }, "Metric"), this.select],
    );
    this.element = this.figure.element;
    this.start(askedWindow());
    signal.addEventListener("abort", () => clearTimeout(this.resting));
    selection.onChange(({ layer, step }) => {
      this.heatmap.select(layer, step);
      this.read(selection);
    });
  }

  /** The steps that are seen, `to` exclusive; null: all of them. */
  get window(): StepRange | null {
    return this.heatmap.window;
  }

  /** `listener` is told when the user has zoomed or panned, and come to rest. */
  onWindow(listener: (window: StepRange | null) => void): void {
    this.listeners.push(listener);
  }

  /** `scale`: of colours, where they are shared with another picture. */
  show(metric: Metric, columns: Columns, end: number, waiting: string, scale: ColorScale | null = null): void {
    this.shown = { metric, columns, end, scale };
    this.select.value = metric.name;
    const nothing = columns.steps.length === 0;
    this.empty.hidden = !nothing;
    this.empty.textContent = waiting;
    for (const part of [this.heatmap.element, this.bar.element, this.legend, this.readout]) part.hidden = nothing;
    this.draw();
    this.finer.show(columns);
  }

  outline(extent: Extent | null): void {
    this.heatmap.outline(extent);
  }

  focus(): void {
    this.heatmap.element.focus({ preventScroll: true });
  }

  private draw(): void {
    if (!this.shown) return;
    const { metric, columns, end } = this.shown;
    const low = this.finer.lowOf(columns);
    // A signed value is as far from zero downwards as upwards.
    const measured = metric.scale === "signed" && low ? [...columns.values, ...low.values] : columns.values;
    const scale = this.shown.scale ?? colorScale(metric.scale, measured);
    const sums = tally(columns);
    this.figure.describe(sentence(metric, columns));
    this.heatmap.show(columns, scale, end, description(metric, columns, end, sums.nonfinite), low);
    this.heatmap.select(this.selection.layer, this.selection.step);
    fill(this.legend, ...legend(scale, sums));
    this.figure.setTable(() => tableOf(metric, this.picture()!, this.window));
    this.tell();
  }

  private start(window: StepRange | null): void {
    this.heatmap.setWindow(window);
    this.finer.look(window);
  }

  private look(window: StepRange | null): void {
    this.tell();
    this.finer.look(window);
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.rest(), REST_MS);
  }

  private rest(): void {
    const { window } = this;
    rememberQuery({ from: window && String(window.from), to: window && String(window.to) });
    this.figure.refreshTable();
    for (const listener of this.listeners) listener(window);
  }

  private refine(detail: Picture | null): void {
    this.heatmap.refine(detail);
    this.figure.refreshTable();
    this.tell();
  }

  /** In words, what is seen and what is selected. */
  private tell(): void {
    const picture = this.picture();
    if (picture) this.bar.show(this.window === null, seenText(picture, this.window));
    this.read(this.selection);
  }

  /** The finest picture of what is seen. */
  private picture(): Picture | null {
    const { window } = this;
    const finest = this.heatmap.pictureAt(window?.from ?? 0);
    return !window || (finest && knows(finest, window.to - 1)) ? finest : this.heatmap.coarse;
  }

  private read(spot: { layer: string | null; step: number | null }): void {
    // Read out for a keyboard on the heatmap, and not while the picture moves by itself.
    setAttributes(this.readout, { "aria-live": document.activeElement === this.heatmap.element ? "polite" : "off" });
    const picture = spot.step === null ? null : this.heatmap.pictureAt(spot.step);
    const layer = picture && spot.layer !== null ? picture.columns.layers.indexOf(spot.layer) : -1;
    if (!picture || picture.columns.steps.length === 0 || spot.step === null || layer < 0) {
      this.readout.textContent = "Point at a cell, or use the arrow keys.";
      return;
    }
    const column = columnAt(picture.columns.steps, spot.step);
    fill(this.readout,
      element("b", {}, spot.layer ?? ""), ` · ${stepsOf(picture, column)} · `, element("b", {}, cellText(picture, layer, column)));
  }
}

function askedWindow(): StepRange | null {
  const query = new URLSearchParams(location.search);
  const [from, to] = [Number(query.get("from") ?? Number.NaN), Number(query.get("to") ?? Number.NaN)];
  return from >= 0 && to > from && to < Infinity ? settled({ from, to }, Infinity) : null;
}
