/**
 * Pointer and wheel on the heatmap. A click selects, a dragged range is zoomed to, Shift and a drag pan; two fingers
 * zoom, one pans. The wheel belongs to the page, unless Ctrl is held (as a pinch on a touchpad does) or the heatmap
 * has the focus; sideways it pans.
 */

import { placeAt, type Geometry } from "./geometry";
import { panned, zoomed, type StepRange } from "./zoom";

export interface GestureHost {
  readonly plot: Geometry;
  readonly end: number;
  look(range: StepRange): void;
  pick(x: number, y: number): void;
  /** null when the pointer leaves. */
  hover(at: readonly [number, number] | null): void;
  /** The places on x that a drag covers so far. */
  band(covered: readonly [number, number] | null): void;
}

interface Point {
  x: number;
  y: number;
}

/** A movement below this is a click. */
const SLACK = 4;
const WHEEL_SPEED = 0.008;
const WHEEL_MOST = 60;

export class Gestures {
  private readonly down = new Map<number, Point>();
  private drag: { kind: "none" | "band" | "pan"; start: Point; range: StepRange } | null = null;

  constructor(private readonly element: HTMLElement, private readonly host: GestureHost) {
    element.addEventListener("pointerdown", (event) => this.press(event));
    element.addEventListener("pointermove", (event) => this.move(event));
    element.addEventListener("pointerup", (event) => this.release(event, true));
    element.addEventListener("pointercancel", (event) => this.release(event, false));
    element.addEventListener("pointerleave", () => this.host.hover(null));
    element.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
  }

  private press(event: PointerEvent): void {
    if (event.button !== 0) return;
    const point = this.pointOf(event);
    this.down.set(event.pointerId, point);
    this.element.setPointerCapture(event.pointerId);
    this.drag = this.down.size === 1 ? { kind: "none", start: point, range: this.host.plot.range } : null;
    this.host.band(null);
  }

  private move(event: PointerEvent): void {
    const point = this.pointOf(event);
    const before = this.down.get(event.pointerId);
    if (!before) return this.host.hover([point.x, point.y]);
    if (this.down.size === 2) this.pinch(event.pointerId, before, point);
    this.down.set(event.pointerId, point);
    if (!this.drag) return;
    const { drag, host } = this;
    const moved = point.x - drag.start.x;
    if (drag.kind === "none" && Math.abs(moved) > SLACK) drag.kind = event.pointerType === "touch" || event.shiftKey ? "pan" : "band";
    if (drag.kind === "band") host.band([Math.min(drag.start.x, point.x), Math.max(drag.start.x, point.x)]);
    else if (drag.kind === "pan") host.look(panned(drag.range, -moved * perPixel(host.plot), host.end));
    else host.hover([point.x, point.y]);
  }

  private release(event: PointerEvent, meant: boolean): void {
    const { drag, host } = this;
    const point = this.pointOf(event);
    if (!this.down.delete(event.pointerId) || !drag) return;
    this.drag = null;
    host.band(null);
    if (!meant) return;
    if (drag.kind === "none") host.pick(point.x, point.y);
    if (drag.kind !== "band") return;
    const places = [placeAt(host.plot, drag.start.x), placeAt(host.plot, point.x)];
    const [from, to] = [Math.min(...places), Math.max(...places)];
    host.look(zoomed({ from, to }, 1, (from + to) / 2, host.end));
  }

  /** What was between the fingers stays between them. */
  private pinch(id: number, before: Point, now: Point): void {
    const { plot, end } = this.host;
    const [other] = [...this.down].filter(([pointer]) => pointer !== id).map(([, point]) => point);
    if (!other) return;
    const apart = Math.max(10, Math.abs(now.x - other.x));
    const factor = Math.max(10, Math.abs(before.x - other.x)) / apart;
    const middle = (before.x + other.x) / 2;
    const shifted = panned(plot.range, -((now.x - before.x) / 2) * perPixel(plot), end);
    this.host.look(zoomed(shifted, factor, placeAt(plot, middle), end));
  }

  private wheel(event: WheelEvent): void {
    const { plot, end } = this.host;
    const sideways = event.shiftKey ? event.deltaY || event.deltaX : Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : 0;
    const whole = plot.range.from <= 0 && plot.range.to >= end;
    const asked = event.ctrlKey || event.metaKey;
    if (sideways !== 0 && !asked) {
      if (whole) return;
      event.preventDefault();
      return this.host.look(panned(plot.range, sideways * perPixel(plot), end));
    }
    if (!asked && (document.activeElement !== this.element || (whole && event.deltaY > 0))) return;
    event.preventDefault();
    const amount = Math.max(-WHEEL_MOST, Math.min(WHEEL_MOST, event.deltaY * (event.deltaMode === 1 ? 20 : 1)));
    this.host.look(zoomed(plot.range, Math.exp(amount * WHEEL_SPEED), placeAt(plot, this.pointOf(event).x), end));
  }

  private pointOf(event: MouseEvent): Point {
    const box = this.element.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }
}

/** Steps that a pixel stands for. */
function perPixel(plot: Geometry): number {
  return (plot.range.to - plot.range.from) / plot.width;
}
