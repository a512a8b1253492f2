/** The depth × step heatmap: what is shown of it, what is selected, and the keys. */

import { columnAt } from "../columns";
import { element, setAttributes } from "../dom";
import type { ColorScale } from "../scale";
import type { Columns } from "../shapes";
import { layerAt, stepAt, type Geometry } from "./geometry";
import { Gestures, type GestureHost } from "./gestures";
import type { Extent } from "./marks";
import { cellAt, knows, pictureOf, rasterize, type Picture, type Raster } from "./raster";
import { Surface, type Cross, type Marks, type Scene } from "./surface";
import { panned, revealing, settled, within, zoomed, type StepRange } from "./zoom";

export interface Spot {
  layer: string;
  step: number;
}

export interface HeatmapEvents {
  onSelect(spot: Spot): void;
  /** null when the pointer leaves. */
  onHover(spot: Spot | null): void;
  /** The user zoomed or panned; null: all steps are seen. Called for every frame of a gesture. */
  onWindow?(range: StepRange | null): void;
}

const MOVES: Record<string, readonly [layers: number, columns: number]> = {
  ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0],
  PageUp: [0, -10], PageDown: [0, 10], Home: [0, -Infinity], End: [0, Infinity],
};
const FACTORS: Record<string, number> = { "+": 0.5, "=": 0.5, "-": 2, _: 2, "0": Infinity };
const PANS: Record<string, number> = { ArrowLeft: -0.25, ArrowRight: 0.25 };
const HELP = "Heatmap. Arrow keys choose the layer and the step. Plus and minus zoom, Shift and an arrow key move along, 0 shows all steps.";

export class Heatmap implements GestureHost {
  readonly element = element("div", { class: "heatmap", tabindex: 0, role: "group", "aria-label": HELP });
  end = 1;
  private readonly surface: Surface;
  private scale: ColorScale | null = null;
  private base: Picture | null = null;
  private detail: Picture | null = null;
  private rasters: readonly Raster[] = [];
  /** null: all steps, however many there are. */
  private range: StepRange | null = null;
  private spot: { layer: string | null; step: number | null } = { layer: null, step: null };
  private pointer: readonly [number, number] | null = null;
  private covered: readonly [number, number] | null = null;
  private extent: Extent | null = null;

  constructor(private readonly events: HeatmapEvents, signal: AbortSignal) {
    this.surface = new Surface(this.element, () => this.scene(), () => this.marks(), signal);
    this.element.append(...this.surface.elements);
    this.element.addEventListener("keydown", (event) => this.onKey(event));
    new Gestures(this.element, this);
  }

  get plot(): Geometry {
    return { ...this.surface.plot, range: this.seen };
  }

  /** The steps that are seen, whole ones, or null: all of them. */
  get window(): StepRange | null {
    return this.range && settled(this.range, this.end);
  }

  /** Steps 0 to `end`. `low`: the same grid with the smallest values, so that dips inside a column are drawn. */
  show(columns: Columns, scale: ColorScale, end: number, description: string, low: Columns | null = null): void {
    if (this.detail?.columns.metric !== columns.metric) this.detail = null;
    this.base = pictureOf(columns, low, end);
    this.scale = scale;
    this.end = end;
    this.surface.describe(description);
    this.read();
  }

  /** A finer picture of some of the steps, drawn over the other one; null: there is none. */
  refine(detail: Picture | null): void {
    if (detail === this.detail) return;
    this.detail = detail;
    this.read();
  }

  select(layer: string | null, step: number | null): void {
    this.spot = { layer, step };
    this.surface.schedule("marks");
  }

  outline(extent: Extent | null): void {
    this.extent = extent;
    if (extent) this.reveal(extent.from);
    this.surface.schedule("marks");
  }

  /** As if the user had zoomed there, but tells nobody. */
  setWindow(range: StepRange | null): void {
    this.range = range;
    this.surface.schedule("all");
  }

  /** Zooms about the selected step where it is seen, else about the middle; by Infinity: out to all steps. */
  zoomBy(factor: number): void {
    const { from, to } = this.seen;
    const { step } = this.spot;
    const at = step !== null && step >= from && step < to ? step + 0.5 : (from + to) / 2;
    this.look(factor === Infinity ? { from: 0, to: this.end } : zoomed(this.seen, factor, at, this.end));
  }

  /** By a share of what is seen, to the right or the left. */
  panBy(share: number): void {
    const { from, to } = this.seen;
    this.look(panned(this.seen, share * (to - from), this.end));
  }

  /** The picture of all steps. */
  get coarse(): Picture | null {
    return this.base;
  }

  /** The picture that knows `step` best. */
  pictureAt(step: number): Picture | null {
    return this.detail && knows(this.detail, step) ? this.detail : this.base;
  }

  look(range: StepRange): void {
    const next = within(range, this.end);
    this.range = settled(next, this.end) && next;
    this.surface.schedule("all");
    this.events.onWindow?.(this.window);
  }

  pick(x: number, y: number): void {
    const spot = this.spotAt(x, y);
    if (spot) this.events.onSelect(spot);
  }

  hover(at: readonly [number, number] | null): void {
    this.pointer = at;
    this.surface.schedule("marks");
  }

  band(covered: readonly [number, number] | null): void {
    this.covered = covered;
    this.surface.schedule("marks");
  }

  private get seen(): StepRange {
    return this.range ? within(this.range, this.end) : { from: 0, to: this.end };
  }

  /** Takes the pictures in: the only pass over the numbers themselves. */
  private read(): void {
    const { base, detail, scale } = this;
    if (!base || !scale) return;
    this.rasters = [base, ...(detail ? [detail] : [])].map((picture) => rasterize(picture, scale));
    this.surface.draw();
  }

  private reveal(step: number): void {
    if (this.range) this.look(revealing(this.seen, step, this.end));
  }

  private onKey(event: KeyboardEvent): void {
    if (!this.base || this.base.columns.steps.length === 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const [factor, pan, move] = [FACTORS[event.key], event.shiftKey ? PANS[event.key] : undefined, MOVES[event.key]];
    if (factor !== undefined) this.zoomBy(factor);
    else if (pan !== undefined) this.panBy(pan);
    else if (move) this.moveBy(...move);
    else return;
    event.preventDefault();
  }

  /** The selection goes on by columns of the finest picture there is, and takes the window along. */
  private moveBy(layers: number, columns: number): void {
    const { spot, base } = this;
    const edge = columns === Infinity ? this.lastStep() : columns === -Infinity ? base!.columns.steps[0]! : null;
    const picture = this.pictureAt(spot.step ?? 0) ?? base!;
    const { steps, layers: names } = picture.columns;
    const row = Math.min(names.length - 1, Math.max(0, names.indexOf(spot.layer ?? "") + layers));
    const wanted = columnAt(steps, spot.step ?? 0) + (edge === null ? columns : 0);
    // Beyond the finer picture the coarse one goes on.
    const step = edge ?? steps[wanted] ?? this.stepBeside(wanted < 0 ? -1 : 1, picture);
    const cell = cellAt(this.pictureAt(step)!, step);
    this.reveal(cell.from);
    this.reveal(cell.to - 1);
    this.events.onSelect({ layer: names[row]!, step });
  }

  /** Where the last cell begins, in the finest picture that holds it. */
  private lastStep(): number {
    return this.pictureAt(this.base!.end - 1)!.columns.steps.at(-1)!;
  }

  private stepBeside(direction: 1 | -1, picture: Picture): number {
    const { steps } = this.base!.columns;
    const edge = direction < 0 ? picture.columns.steps[0]! - 1 : picture.end;
    return steps[columnAt(steps, edge)]!;
  }

  private spotAt(x: number, y: number): Spot | null {
    const { plot, base } = this;
    if (!base || base.columns.steps.length === 0 || y > plot.top + plot.height) return null;
    const step = stepAt(plot, x);
    return { layer: base.columns.layers[layerAt(plot, y)]!, step: cellAt(this.pictureAt(step)!, step).from };
  }

  private scene(): Scene | null {
    const { base, scale, rasters, seen } = this;
    return base && scale && { names: base.columns.layers, rasters, scale, range: seen };
  }

  private marks(): Marks | null {
    const { base, spot, pointer, extent, covered } = this;
    if (!base || base.columns.steps.length === 0) return null;
    const hovered = pointer && this.spotAt(...pointer);
    this.events.onHover(hovered);
    const { from, to } = this.seen;
    setAttributes(this.element, { "data-layer": spot.layer, "data-step": spot.step, "data-from": from, "data-end": to });
    return { selected: this.crossAt(spot), pointed: hovered && this.crossAt(hovered), extent, band: covered };
  }

  private crossAt({ layer, step }: { layer: string | null; step: number | null }): Cross {
    const picture = step === null ? null : this.pictureAt(step);
    return { place: this.base!.columns.layers.indexOf(layer ?? ""), cell: step === null || !picture ? null : cellAt(picture, step) };
  }
}
