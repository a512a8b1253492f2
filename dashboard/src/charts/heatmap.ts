/** The depth × step heatmap: one canvas of cells and labels, one above it for what is selected. */

import { columnAt } from "../columns";
import { element, setAttributes } from "../dom";
import type { ColorScale } from "../scale";
import type { Columns } from "../shapes";
import { prepare } from "./canvas";
import { paintCells } from "./cells";
import { geometry, layerAt, outerHeight, stepAt, type Geometry } from "./geometry";
import { drawLabels, longest } from "./labels";
import { drawCross, drawExtent, type Extent } from "./marks";
import { onThemeChange, theme } from "./theme";

export interface Spot {
  layer: string;
  step: number;
}

export interface HeatmapEvents {
  onSelect(spot: Spot): void;
  /** null when the pointer leaves. */
  onHover(spot: Spot | null): void;
}

export class Heatmap {
  readonly element: HTMLElement;
  private readonly cells = element("canvas", { role: "img", class: "heatmap-cells" });
  private readonly marks = element("canvas", { "aria-hidden": "true", class: "heatmap-marks" });
  private columns: Columns | null = null;
  private scale: ColorScale | null = null;
  private end = 1;
  private plot: Geometry = geometry(0, 0, 1, 1);
  private spot: { layer: string | null; step: number | null } = { layer: null, step: null };
  private hover: Spot | null = null;
  private extent: Extent | null = null;

  constructor(private readonly events: HeatmapEvents, signal: AbortSignal) {
    this.element = element(
      "div",
      { class: "heatmap", tabindex: 0, role: "group", "aria-label": "Heatmap. Arrow keys choose the layer and the step." },
      this.cells, this.marks,
    );
    const resize = new ResizeObserver(() => this.draw());
    resize.observe(this.element);
    signal.addEventListener("abort", () => resize.disconnect());
    onThemeChange(() => this.draw(), signal);
    this.element.addEventListener("keydown", (event) => this.onKey(event));
    this.element.addEventListener("pointerdown", (event) => this.onPointer(event));
    this.element.addEventListener("pointermove", (event) => this.onPointer(event));
    this.element.addEventListener("pointerleave", () => this.setHover(null));
  }

  show(columns: Columns, scale: ColorScale, end: number, description: string): void {
    this.columns = columns;
    this.scale = scale;
    this.end = end;
    setAttributes(this.cells, { "aria-label": description });
    this.draw();
  }

  select(layer: string | null, step: number | null): void {
    this.spot = { layer, step };
    this.drawMarks();
  }

  outline(extent: Extent | null): void {
    this.extent = extent;
    this.drawMarks();
  }

  private onKey(event: KeyboardEvent): void {
    const { columns } = this;
    if (!columns || columns.steps.length === 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const layer = Math.max(0, columns.layers.indexOf(this.spot.layer ?? ""));
    const column = columnAt(columns.steps, this.spot.step ?? 0);
    const moves: Record<string, [number, number]> = {
      ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0],
      PageUp: [0, -10], PageDown: [0, 10], Home: [0, -column], End: [0, columns.steps.length],
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    const within = (place: number, size: number): number => Math.min(size - 1, Math.max(0, place));
    this.events.onSelect({
      layer: columns.layers[within(layer + move[0], columns.layers.length)]!,
      step: columns.steps[within(column + move[1], columns.steps.length)]!,
    });
  }

  private onPointer(event: PointerEvent): void {
    const spot = this.spotAt(event.offsetX, event.offsetY);
    if (spot && event.buttons === 1) this.events.onSelect(spot);
    this.setHover(spot);
  }

  private spotAt(x: number, y: number): Spot | null {
    const { columns, plot } = this;
    if (!columns || columns.steps.length === 0 || y > plot.top + plot.height) return null;
    return { layer: columns.layers[layerAt(plot, y)]!, step: columns.steps[columnAt(columns.steps, stepAt(plot, x))]! };
  }

  private setHover(spot: Spot | null): void {
    this.hover = spot;
    this.events.onHover(spot);
    this.drawMarks();
  }

  private draw(): void {
    const { columns, scale } = this;
    const width = this.element.clientWidth;
    if (!columns || !scale || width === 0) return;
    const colors = theme();
    const labelWidth = Math.min(width < 600 ? 96 : 170, 12 + longest(this.cells.getContext("2d")!, columns.layers, colors.font));
    this.plot = geometry(width, labelWidth, columns.layers.length, this.end);
    const brush = prepare(this.cells, width, outerHeight(this.plot));
    prepare(this.marks, width, outerHeight(this.plot));
    if (columns.layers.length > 0) this.drawCells(brush, columns, scale);
    drawLabels(brush, this.plot, columns.layers, colors);
    this.drawMarks();
  }

  private drawCells(brush: CanvasRenderingContext2D, columns: Columns, scale: ColorScale): void {
    const { plot } = this;
    const ratio = devicePixelRatio;
    const [width, height] = [Math.round(plot.width * ratio), Math.round(plot.height * ratio)];
    const image = paintCells(columns, scale, theme(), width, height, this.end, ratio);
    brush.putImageData(image, Math.round(plot.left * ratio), Math.round(plot.top * ratio));
  }

  private drawMarks(): void {
    const { columns, plot, spot, hover, extent } = this;
    const brush = this.marks.getContext("2d")!;
    brush.clearRect(0, 0, this.marks.width, this.marks.height);
    if (!columns || columns.steps.length === 0) return;
    if (extent) drawExtent(brush, plot, columns, extent);
    const colors = theme();
    if (hover) drawCross(brush, plot, columns, hover.layer, hover.step, colors.muted, 1);
    drawCross(brush, plot, columns, spot.layer, spot.step, colors.ink, 2);
    setAttributes(this.element, { "data-layer": spot.layer, "data-step": spot.step, "data-end": plot.end });
  }
}
