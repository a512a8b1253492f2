/** Two networks side by side: which layer of one is which of the other. */

import type { Columns, LayerRow } from "../../shapes";

export type Letter = "a" | "b";

/** A layer of one network, of the other, or of both. */
export interface Row {
  a: string | null;
  b: string | null;
}

/**
 * By name first, which a remedy never changes, and what is left by depth. Rows are in the order of A; a layer that only B
 * has follows the one it follows there, and what only A has above it.
 */
export function matchLayers(
  a: readonly string[], b: readonly string[], networkA: readonly LayerRow[], networkB: readonly LayerRow[],
): Row[] {
  const named = new Set(a.filter((layer) => b.includes(layer)));
  const left = new Map(b.filter((layer) => !named.has(layer)).map((layer) => [depthOf(layer, b, networkB), layer]));
  const rows = a.map((layer): Row => {
    if (named.has(layer)) return { a: layer, b: layer };
    const depth = depthOf(layer, a, networkA);
    const partner = left.get(depth) ?? null;
    left.delete(depth);
    return { a: layer, b: partner };
  });
  const matched = new Set(rows.map((row) => row.b));
  b.forEach((layer, place) => {
    if (matched.has(layer)) return;
    let at = place === 0 ? 0 : rows.findIndex((row) => row.b === b[place - 1]) + 1;
    const depth = depthOf(layer, b, networkB);
    const above = ({ a: own, b: other }: Row): boolean => own !== null && other === null && depthOf(own, a, networkA) < depth;
    while (at < rows.length && above(rows[at]!)) at++;
    rows.splice(at, 0, { a: null, b: layer });
  });
  return rows;
}

/** What a row is called in the address, and wherever one name is enough. */
export function rowName(row: Row): string {
  return row.a ?? row.b ?? "";
}

/** The name of a row in one of the two; where it has no such layer, the other's. */
export function nameIn(row: Row, letter: Letter): string {
  return (letter === "a" ? row.a ?? row.b : row.b ?? row.a) ?? "";
}

/** A trace on the rows of both, so that pictures of the two lie over each other: a layer it has not was never measured. */
export function onRows(columns: Columns, rows: readonly Row[], letter: Letter): Columns {
  const places = rows.map((row) => columns.layers.indexOf(row[letter] ?? ""));
  const nothing: null[] = columns.steps.map(() => null);
  const none: number[] = columns.steps.map(() => 0);
  return {
    ...columns,
    layers: rows.map((row) => nameIn(row, letter)),
    values: places.map((place) => columns.values[place] ?? nothing),
    nonfinite: places.map((place) => columns.nonfinite[place] ?? none),
  };
}

function depthOf(layer: string, layers: readonly string[], network: readonly LayerRow[]): number {
  return network.find((row) => row.layer === layer)?.depth ?? layers.indexOf(layer);
}
