/** A real table, for eyes and machines that do not read pictures. */

import { element } from "./dom";

export interface TableData {
  caption: string;
  columns: readonly string[];
  /** The first cell of a row is its heading. */
  rows: readonly (readonly string[])[];
}

export function table(data: TableData): HTMLElement {
  const head = element("tr", {}, ...data.columns.map((name) => element("th", { scope: "col" }, name)));
  const body = data.rows.map((row) =>
    element("tr", {}, ...row.map((cell, place) => (place === 0 ? element("th", { scope: "row" }, cell) : element("td", {}, cell)))),
  );
  return element(
    "div", { class: "table-scroll", tabindex: 0, role: "region", "aria-label": data.caption },
    element("table", {}, element("caption", {}, data.caption), element("thead", {}, head), element("tbody", {}, ...body)),
  );
}

/** At most `most` places of 0 … size − 1, evenly spread, first and last among them. */
export function spread(size: number, most: number): number[] {
  if (size <= most) return Array.from({ length: size }, (_, place) => place);
  return Array.from({ length: most }, (_, place) => Math.round((place * (size - 1)) / (most - 1)));
}
