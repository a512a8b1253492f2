/** What the remedies of a draft change, and its layers, as tables. */

import { element, fill } from "../../dom";
import { count, plural } from "../../format";
import type { Preflight } from "../../shapes";
import { table, type TableData } from "../../table";
import { diffRows } from "../remedy-words";

export class Plan {
  private readonly diff = element("div", {});
  private readonly diffPanel = element("section", { class: "panel", "aria-labelledby": "diff-title", hidden: true },
    element("h2", { id: "diff-title" }, "What the remedies change"), this.diff);
  private readonly layers = element("div", {});
  private readonly layersPanel = element("section", { class: "panel", "aria-labelledby": "planned-title" },
    element("h2", { id: "planned-title" }, "Layers"), this.layers);
  readonly elements = [this.diffPanel, this.layersPanel];
  private shown = ["", ""];

  show(preflight: Preflight): void {
    const [diff, layers] = [JSON.stringify(preflight.diff), JSON.stringify(preflight.layers)];
    this.diffPanel.hidden = preflight.diff.length === 0;
    if (diff !== this.shown[0] && preflight.diff.length > 0) kept(this.diff, diffTable(preflight));
    if (layers !== this.shown[1]) kept(this.layers, layersTable(preflight));
    this.shown = [diff, layers];
  }
}

/** Puts a new table in the place of the old, scrolled as that one was. */
function kept(box: HTMLElement, next: HTMLElement): void {
  const [x, y] = [box.firstElementChild?.scrollLeft ?? 0, box.firstElementChild?.scrollTop ?? 0];
  fill(box, next);
  next.scrollTo(x, y);
}

function diffTable({ diff, layers }: Preflight): HTMLElement {
  const remedies = [...new Set(diff.map(({ remedy }) => remedy))];
  const rows = remedies.flatMap((remedy) => {
    const own = diff.filter((change) => change.remedy === remedy);
    const name = `${(remedy ?? 0) + 1}. ${(own[0]!.kind ?? "").replaceAll("_", " ")}`;
    return diffRows(own, layers).map((row) => [name, row.where + (row.amount > 1 ? ` (${row.amount} layers)` : ""), row.before, row.after]);
  });
  return worded({
    caption: `${plural(diff.length, "change")} by ${remedies.length === 1 ? "1 remedy" : `${remedies.length} remedies`}`,
    columns: ["remedy", "where", "before", "after"], rows,
  });
}

/** A table of words: its columns stand on their left edges. */
function worded(data: TableData): HTMLElement {
  const box = table(data);
  box.classList.add("worded");
  return box;
}

function layersTable({ layers, parameters }: Preflight): HTMLElement {
  const box = worded({
    caption: `${plural(layers.length, "layer")} in depth order, ${plural(parameters, "parameter")}; shapes are those of one sample`,
    columns: ["layer", "kind", "shape", "parameters"],
    rows: layers.map((row) => [
      row.layer, row.function ? `${row.kind} (${row.function})` : row.kind, row.shape.join(" × "), count(row.parameters),
    ]),
  });
  box.classList.add("numbered");
  return box;
}
