/** The colour legend: numbers on the ramp, and what zero and non-finite look like, with how many there are. */

import { css } from "../colors";
import type { Tally } from "../columns";
import { element, fill } from "../dom";
import { count, number } from "../format";
import type { ColorScale } from "../scale";
import { decadeLabel, decadeTicks } from "./ticks";

export function legend(scale: ColorScale, tally: Tally): HTMLElement[] {
  const ramp = element("canvas", { class: "legend-ramp", width: 256, height: 1, "aria-hidden": "true" });
  const brush = ramp.getContext("2d")!;
  scale.table.forEach((color, index) => {
    brush.fillStyle = css(color);
    brush.fillRect(index, 0, 1, 1);
  });
  const items: HTMLElement[] = [element("div", { class: "legend-scale" }, ramp, numbers(scale))];
  if (scale.kind === "log") items.push(swatch("zero", `zero: ${count(tally.zeros)}`));
  items.push(swatch("nonfinite", `NaN or ∞: ${count(tally.nonfinite)}`));
  return items;
}

function numbers(scale: ColorScale): HTMLElement {
  const row = element("div", { class: "legend-numbers" });
  for (const [value, text] of ticks(scale)) {
    const label = element("span", {}, text);
    label.style.left = `${(100 * scale.place(value)) / 255}%`;
    row.append(label);
  }
  return row;
}

function ticks(scale: ColorScale): [number, string][] {
  if (scale.kind !== "log") {
    return [scale.low, (scale.low + scale.high) / 2, scale.high].map((value) => [value, number(Number(value.toPrecision(3)))]);
  }
  const decades = [Math.round(Math.log10(scale.low)), Math.round(Math.log10(scale.high))] as const;
  return decadeTicks(...decades, 5).map((value) => [value, decadeLabel(value)]);
}

function swatch(kind: string, text: string): HTMLElement {
  const item = element("span", { class: "legend-swatch" });
  fill(item, element("i", { class: kind, "aria-hidden": "true" }), text);
  return item;
}
