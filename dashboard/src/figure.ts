/** The frame of every chart: title, one sentence that says what it shows, and the same data as a table. */

import { button, element, fill } from "./dom";
import { table, type TableData } from "./table";

export class Figure {
  readonly element: HTMLElement;
  private readonly sentence = element("span", { class: "figure-sentence" });
  private readonly tableBox = element("div", { class: "figure-table", hidden: true });
  private readonly body = element("div", { class: "figure-body" });
  private readonly toggle = button("Show as table", () => this.flip(), { class: "quiet small", "aria-expanded": "false" });
  private tableData: (() => TableData) | null = null;

  constructor(id: string, title: string, content: readonly Node[], tools: readonly Node[] = []) {
    this.body.append(...content);
    this.tableBox.id = `${id}-table`;
    this.toggle.setAttribute("aria-controls", this.tableBox.id);
    this.element = element(
      "figure", { class: "panel", id },
      element(
        "figcaption", {},
        element("h2", { class: "figure-title" }, title),
        this.sentence,
      ),
      element("div", { class: "figure-tools" }, ...tools, this.toggle),
      this.body,
      this.tableBox,
    );
  }

  describe(sentence: string): void {
    this.sentence.textContent = sentence;
  }

  /** `data` is called when, and as long as, the table is open. */
  setTable(data: () => TableData): void {
    this.tableData = data;
    this.refreshTable();
  }

  /** What the table tells has changed. */
  refreshTable(): void {
    if (!this.tableBox.hidden) this.fillTable();
  }

  private flip(): void {
    const open = this.tableBox.hidden;
    this.tableBox.hidden = !open;
    this.body.hidden = open;
    this.toggle.textContent = open ? "Show as picture" : "Show as table";
    this.toggle.setAttribute("aria-expanded", String(open));
    if (open) this.fillTable();
  }

  private fillTable(): void {
    const scroll = this.tableBox.firstElementChild;
    const [x, y] = [scroll?.scrollLeft ?? 0, scroll?.scrollTop ?? 0];
    if (this.tableData) fill(this.tableBox, table(this.tableData()));
    this.tableBox.firstElementChild?.scrollTo(x, y);
  }
}
