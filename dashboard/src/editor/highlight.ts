/** The coloured text behind the textarea: one element a line, of which only those that changed are written again. */

import { element, fill } from "../dom";
import type { Range } from "./tree";

const TOKENS = /("(?:[^"\\]|\\.)*"?)(\s*:)?|(-?\d[\d.eE+-]*|true|false|null)|[^"\-\dtfn]+|./g;

export class Highlight {
  readonly element = element("pre", { class: "editor-text", "aria-hidden": "true" });
  private lines: string[] = [];

  show(text: string, marks: readonly Range[]): void {
    let offset = 0;
    const lines = text.split("\n");
    const shown = lines.map((line, place) => {
      const here = within(marks, offset, line.length);
      offset += line.length + 1;
      const now = `${line}\u0000${JSON.stringify(here)}`;
      if (now !== this.lines[place]) this.write(place, line, here);
      return now;
    });
    while (this.element.children.length > lines.length) this.element.lastElementChild!.remove();
    this.lines = shown;
  }

  private write(place: number, line: string, marks: readonly Range[]): void {
    let done = 0;
    const pieces = marks.flatMap(({ from, to }) => {
      const before = tokens(line.slice(done, from));
      done = to;
      return [...before, element("span", { class: "token-wrong" }, line.slice(from, to))];
    });
    const row = element("div", {}, ...pieces, ...tokens(line.slice(done)), line === "" && "\u200b");
    const old = this.element.children[place];
    if (old) old.replaceWith(row);
    else this.element.append(row);
  }
}

/** The parts of `marks` on a line, from left to right; of those that overlap, the first. */
function within(marks: readonly Range[], start: number, length: number): Range[] {
  const parts = marks.map(({ from, to }) => ({ from: Math.max(0, from - start), to: Math.min(length, to - start) }))
    .filter(({ from, to }) => to > from).sort((one, other) => one.from - other.from);
  return parts.filter(({ from }, place) => parts.slice(0, place).every((earlier) => earlier.to <= from));
}

function tokens(line: string): (HTMLElement | string)[] {
  return [...line.matchAll(TOKENS)].flatMap(([whole, text, colon, literal]) => {
    if (text !== undefined) return [element("span", { class: colon ? "token-key" : "token-text" }, text), colon ?? ""];
    return literal === undefined ? [whole] : [element("span", { class: "token-value" }, literal)];
  });
}

export function numbers(target: HTMLElement, count: number, wrong: ReadonlySet<number>): void {
  const key = `${count} ${[...wrong].join(" ")}`;
  if (target.dataset["shown"] === key) return;
  target.dataset["shown"] = key;
  const rows = Array.from({ length: count }, (_, place) =>
    element("div", wrong.has(place + 1) ? { class: "line-wrong" } : {}, String(place + 1)));
  fill(target, ...rows);
}
