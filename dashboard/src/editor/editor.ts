/** A textarea for JSON: line numbers, colours, underlined problems; Enter keeps the indentation, Tab leaves as everywhere. */

import { element } from "../dom";
import type { Edit } from "./edits";
import { Highlight, numbers } from "./highlight";
import { lineOf } from "./parse";
import type { Range } from "./tree";

export interface EditorEvents {
  onChange(text: string): void;
  /** The caret has moved, or the text around it. */
  onCaret(offset: number): void;
  /** Ctrl or ⌘ with Enter. */
  onRun(): void;
}

export class Editor {
  private readonly area = element("textarea", {
    id: "draft", spellcheck: "false", autocapitalize: "off", autocomplete: "off", autocorrect: "off", wrap: "off",
    "aria-label": "Experiment as JSON", "aria-describedby": "draft-hint problems", rows: 1,
  });
  private readonly gutter = element("div", { class: "editor-numbers", "aria-hidden": "true" });
  private readonly highlight = new Highlight();
  readonly element = element(
    "div", { class: "editor" },
    this.gutter, element("div", { class: "editor-stack" }, this.highlight.element, this.area),
  );
  private marks: readonly Range[] = [];

  constructor(private readonly events: EditorEvents, signal: AbortSignal) {
    this.area.addEventListener("input", () => this.changed());
    this.area.addEventListener("keydown", (event) => this.onKey(event));
    document.addEventListener("selectionchange", () => {
      if (document.activeElement === this.area) this.events.onCaret(this.area.selectionStart);
    }, { signal });
  }

  get text(): string {
    return this.area.value;
  }

  get caret(): number {
    return this.area.selectionStart;
  }

  /** Another text; what was undone before is forgotten. */
  open(text: string): void {
    this.area.value = text;
    this.area.setSelectionRange(0, 0);
    this.element.scrollTo(0, 0);
    this.changed();
  }

  /** As if typed, so that it can be undone. */
  apply(edit: Edit, select: Range): void {
    this.area.focus({ preventScroll: true });
    this.area.setSelectionRange(edit.from, edit.to);
    // The one way into the browser's undo history.
    const done = edit.text === "" ? document.execCommand("delete") : document.execCommand("insertText", false, edit.text);
    if (!done) {
      this.area.setRangeText(edit.text);
      this.changed();
    }
    this.select(select);
  }

  select({ from, to }: Range): void {
    this.area.focus({ preventScroll: true });
    this.area.setSelectionRange(from, to);
    this.reveal(from);
    this.events.onCaret(from);
  }

  /** Underlines these, and marks their lines. */
  mark(ranges: readonly Range[]): void {
    this.marks = ranges;
    this.draw();
  }

  private changed(): void {
    this.draw();
    this.events.onChange(this.area.value);
    this.events.onCaret(this.area.selectionStart);
  }

  private draw(): void {
    const { value } = this.area;
    this.highlight.show(value, this.marks);
    numbers(this.gutter, value.split("\n").length, new Set(this.marks.map(({ from }) => lineOf(value, from))));
  }

  private reveal(offset: number): void {
    const line = this.highlight.element.children[lineOf(this.area.value, offset) - 1];
    if (!line) return;
    const [box, row] = [this.element.getBoundingClientRect(), line.getBoundingClientRect()];
    if (row.top < box.top || row.bottom > box.bottom) this.element.scrollTop += row.top - box.top - box.height / 3;
    this.element.scrollLeft = 0;
    if (box.top < 0 || box.bottom > innerHeight) this.element.scrollIntoView({ block: "center" });
  }

  private onKey(event: KeyboardEvent): void {
    if (event.key !== "Enter" || event.isComposing) return;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      return this.events.onRun();
    }
    if (event.shiftKey || event.altKey) return;
    event.preventDefault();
    const { value, selectionStart: from, selectionEnd: to } = this.area;
    const line = value.slice(value.lastIndexOf("\n", from - 1) + 1, from);
    const indent = /^[ \t]*/.exec(line)![0];
    const opened = /[{[]\s*$/.test(line);
    const closes = opened && /^[ \t]*[}\]]/.test(value.slice(to));
    const before = `\n${indent}${opened ? "  " : ""}`;
    const caret = from + before.length;
    this.apply({ from, to, text: before + (closes ? `\n${indent}` : "") }, { from: caret, to: caret });
  }
}
