/** One line that says how the draft stands, beside the button that runs it. It stays in sight while the page scrolls. */

import { button, element, setText } from "../../dom";

export type Standing = "ready" | "wrong" | "checking" | "unknown";

export class StatusBar {
  private readonly line = element("p", { class: "status-line", role: "status" });
  private readonly runButton = button("Run", () => this.onRun(), { class: "primary", id: "run", "aria-keyshortcuts": "Control+Enter" });
  readonly element: HTMLElement;
  private waiting = 0;

  constructor(private readonly onRun: () => void, before: readonly Node[]) {
    this.element = element("div", { class: "status-bar" }, this.line, ...before, this.runButton);
  }

  show(standing: Standing, text: string): void {
    clearTimeout(this.waiting);
    this.element.dataset["standing"] = standing;
    setText(this.line, text);
  }

  /** Says so only if it takes long enough to wonder. */
  checking(): void {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.show("checking", "Looking at it…"), 700);
  }

  busy(running: boolean): void {
    this.runButton.disabled = running;
    setText(this.runButton, running ? "Starting…" : "Run");
  }
}
