/** The buttons that zoom the heatmap, for who has no wheel and no keyboard. */

import { button, element, setText } from "../dom";

export interface Zoomable {
  zoomBy(factor: number): void;
  panBy(share: number): void;
}

export class ZoomBar {
  readonly element: HTMLElement;
  private readonly back: HTMLButtonElement[];
  private readonly seen = element("span", { class: "zoom-seen" });

  constructor(heatmap: Zoomable) {
    const tool = (sign: string, name: string, act: () => void): HTMLButtonElement => (
      button(sign, act, { class: "quiet small", "aria-label": name, title: name }));
    const left = tool("←", "Earlier steps", () => heatmap.panBy(-0.5));
    const right = tool("→", "Later steps", () => heatmap.panBy(0.5));
    const out = tool("−", "Zoom out", () => heatmap.zoomBy(2));
    const whole = button("All steps", () => heatmap.zoomBy(Infinity), { class: "quiet small" });
    this.back = [left, right, out, whole];
    this.element = element(
      "div", { class: "zoom-bar", role: "group", "aria-label": "Steps seen" },
      left, out, tool("+", "Zoom in", () => heatmap.zoomBy(0.5)), right, whole, this.seen,
    );
  }

  /** `whole`: there is nothing to go back to. */
  show(whole: boolean, seen: string): void {
    for (const one of this.back) one.disabled = whole;
    setText(this.seen, seen);
  }
}
