/** One of the two heatmaps, with its heading and the line that reads out one cell. */

import { Heatmap } from "../../charts/heatmap";
import type { Picture } from "../../charts/raster";
import type { StepRange } from "../../charts/zoom";
import { columnAt, endOf, tally } from "../../columns";
import { element, fill, setAttributes, setText } from "../../dom";
import type { Metric } from "../../metrics";
import type { ColorScale } from "../../scale";
import type { Selection } from "../../selection";
import { cellText, description, stepsOf } from "../cell-words";
import { Finer, type TraceReader } from "../finer";
import { nameIn, rowName, type Letter } from "./match";
import type { Pair } from "./pair";

export class HeatmapHalf {
  readonly element: HTMLElement;
  readonly heatmap: Heatmap;
  private readonly title = element("span", { class: "pair-name" });
  private readonly readout = element("output", { class: "readout" });
  private readonly empty = element("p", { class: "empty-chart", hidden: true });
  private finer: Finer | null = null;
  private window: StepRange | null = null;
  /** Ends what is fetched for a job that is shown no more. */
  private job = new AbortController();
  private shown: { metric: Metric; pair: Pair; scale: ColorScale } | null = null;

  /** `read`: finer columns of this side's job, on the rows of both. */
  constructor(
    private readonly letter: Letter, private readonly selection: Selection, private readonly read: TraceReader,
    onWindow: (range: StepRange | null, drawn: StepRange) => void, private readonly signal: AbortSignal,
  ) {
    this.heatmap = new Heatmap(
      {
        onSelect: ({ layer, step }) => selection.set({ layer: this.rowOf(layer), step }),
        onHover: (spot) => this.tell(spot && { layer: this.rowOf(spot.layer), step: spot.step }),
        onWindow: (range) => onWindow(range, this.heatmap.plot.range),
      },
      signal,
    );
    const heading = element("h3", { class: "pair-title" },
      element("b", { class: `letter letter-${letter}` }, letter.toUpperCase()), this.title);
    this.element = element("div", { class: "pair-half", "data-side": letter }, heading, this.empty, this.heatmap.element, this.readout);
  }

  show(metric: Metric, pair: Pair, scale: ColorScale): void {
    const { letter } = this;
    if (!this.finer || this.shown?.pair.ids[letter] !== pair.ids[letter]) this.startFiner();
    this.shown = { metric, pair, scale };
    const columns = pair.traces[letter];
    const nothing = !columns || columns.steps.length === 0 || columns.layers.length === 0;
    setText(this.title, pair.names[letter]);
    setText(this.empty, pair.waiting[letter]);
    this.empty.hidden = !nothing;
    this.heatmap.element.hidden = this.readout.hidden = nothing;
    if (nothing) return;
    this.draw();
    this.finer!.show(columns);
  }

  mark(): void {
    const { layer, step } = this.selection;
    const row = this.shown?.pair.rows.find((one) => rowName(one) === layer);
    this.heatmap.select(row ? nameIn(row, this.letter) : null, step);
    this.tell(null);
  }

  /** The user zoomed, here or in the other one. */
  look(range: StepRange | null): void {
    this.window = range;
    this.finer?.look(range);
  }

  /** A cell in words. */
  cell(place: number, step: number, picture: Picture | null = this.heatmap.pictureAt(step)): string {
    const row = this.shown?.pair.rows[place];
    if (!row || !picture || !this.shown?.pair.traces[this.letter]) return "–";
    if (row[this.letter] === null) return `${this.letter.toUpperCase()} has no such layer`;
    if (step >= endOf(picture.columns)) return "not trained so far";
    return cellText(picture, place, columnAt(picture.columns.steps, step));
  }

  private startFiner(): void {
    this.job.abort();
    this.job = new AbortController();
    this.heatmap.refine(null);
    const signal = AbortSignal.any([this.signal, this.job.signal]);
    this.finer = new Finer(this.read, () => this.draw(), (detail) => (this.heatmap.refine(detail), this.tell(null)), signal);
    this.finer.look(this.window);
  }

  private draw(): void {
    const { metric, pair, scale } = this.shown!;
    const columns = pair.traces[this.letter];
    if (!columns || columns.steps.length === 0) return;
    const words = `${this.letter.toUpperCase()}: ${description(metric, columns, pair.end, tally(columns).nonfinite)}`;
    this.heatmap.show(columns, scale, pair.end, words, this.finer!.lowOf(columns));
  }

  private rowOf(layer: string): string {
    const row = this.shown?.pair.rows.find((one) => nameIn(one, this.letter) === layer);
    return row ? rowName(row) : layer;
  }

  /** The cell under the pointer, or else the selected one. */
  private tell(pointed: { layer: string; step: number } | null): void {
    const { layer, step } = pointed ?? this.selection;
    const place = this.shown?.pair.rows.findIndex((row) => rowName(row) === layer) ?? -1;
    const picture = step === null ? null : this.heatmap.pictureAt(step);
    // Read out for a keyboard on this heatmap, and not while the picture moves by itself.
    setAttributes(this.readout, { "aria-live": document.activeElement === this.heatmap.element ? "polite" : "off" });
    if (!picture || step === null || place < 0) return setText(this.readout, "Point at a cell, or use the arrow keys.");
    fill(this.readout,
      element("b", {}, nameIn(this.shown!.pair.rows[place]!, this.letter)),
      ` · ${stepsOf(picture, columnAt(picture.columns.steps, step))} · `, element("b", {}, this.cell(place, step, picture)));
  }
}
