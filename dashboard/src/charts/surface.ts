/** The heatmap's two canvases: cells and labels below, what is pointed at above. Drawn at most once a frame. */

import { element, setAttributes } from "../dom";
import type { ColorScale } from "../scale";
import { prepare } from "./canvas";
import { paintCells } from "./cells";
import { geometry, outerHeight, type Geometry } from "./geometry";
import { drawLabels, longest } from "./labels";
import { drawBand, drawCross, drawExtent, type Extent } from "./marks";
import type { Raster } from "./raster";
import { onThemeChange, theme } from "./theme";
import type { StepRange } from "./zoom";

export interface Scene {
  /** Of the layers, in depth order. */
  names: readonly string[];
  /** From coarse to fine. */
  rasters: readonly Raster[];
  scale: ColorScale;
  range: StepRange;
}

export interface Cross {
  /** Row of the layer, or -1. */
  place: number;
  cell: StepRange | null;
}

export interface Marks {
  selected: Cross;
  pointed: Cross | null;
  extent: Extent | null;
  /** Places on x. */
  band: readonly [number, number] | null;
}

const EVERYTHING: StepRange = { from: 0, to: 1 };

export class Surface {
  readonly elements: readonly HTMLElement[];
  plot: Geometry = geometry(0, 0, 1, EVERYTHING);
  private readonly cells = element("canvas", { role: "img", class: "heatmap-cells" });
  private readonly above = element("canvas", { "aria-hidden": "true", class: "heatmap-marks" });
  private colors = theme();
  private image: ImageData | null = null;
  private width = 0;
  private labels: { names: readonly string[]; width: number } = { names: [], width: 0 };
  private due: "nothing" | "marks" | "all" = "nothing";

  /** `scene` and `marks` are asked before each drawing; null: there is nothing to draw. */
  constructor(
    private readonly frame: HTMLElement, private readonly scene: () => Scene | null, private readonly marks: () => Marks | null,
    signal: AbortSignal,
  ) {
    this.elements = [this.cells, this.above];
    const resize = new ResizeObserver(() => frame.clientWidth !== this.width && this.draw());
    resize.observe(frame);
    signal.addEventListener("abort", () => resize.disconnect());
    onThemeChange(() => {
      this.colors = theme();
      this.draw();
    }, signal);
  }

  describe(description: string): void {
    setAttributes(this.cells, { "aria-label": description });
  }

  schedule(what: "marks" | "all"): void {
    if (this.due === "nothing") requestAnimationFrame(() => (this.due === "all" ? this.draw() : this.drawMarks()));
    if (this.due !== "all") this.due = what;
  }

  draw(): void {
    const scene = this.scene();
    const width = this.frame.clientWidth;
    if (!scene || width === 0) return void (this.due = "nothing");
    const { names, range } = scene;
    this.width = width;
    this.plot = geometry(width, Math.min(width < 600 ? 96 : 170, 12 + this.longest(names)), names.length, range);
    const brush = prepare(this.cells, width, outerHeight(this.plot));
    this.drawCells(brush, scene);
    drawLabels(brush, this.plot, names, this.colors);
    this.drawMarks();
  }

  private drawCells(brush: CanvasRenderingContext2D, { rasters, range, scale }: Scene): void {
    const { plot } = this;
    const ratio = devicePixelRatio;
    const [width, height] = [Math.round(plot.width * ratio), Math.round(plot.height * ratio)];
    if (this.image?.width !== width || this.image.height !== height) this.image = new ImageData(width, height);
    paintCells(this.image, rasters, range, scale, this.colors, ratio);
    brush.putImageData(this.image, Math.round(plot.left * ratio), Math.round(plot.top * ratio));
  }

  /** Measured once: letters are dear. */
  private longest(names: readonly string[]): number {
    if (names !== this.labels.names) this.labels = { names, width: longest(this.cells.getContext("2d")!, names, this.colors.font) };
    return this.labels.width;
  }

  private drawMarks(): void {
    this.due = "nothing";
    const marks = this.marks();
    const { plot, frame } = this;
    const brush = prepare(this.above, frame.clientWidth, outerHeight(plot));
    if (!marks) return;
    const { selected, pointed, extent, band } = marks;
    if (extent) drawExtent(brush, plot, this.scene()?.names ?? [], extent);
    if (pointed) drawCross(brush, plot, pointed.place, pointed.cell, this.colors.muted, 1);
    drawCross(brush, plot, selected.place, selected.cell, this.colors.ink, 2);
    if (band) drawBand(brush, plot, band, this.colors.ink);
  }
}
