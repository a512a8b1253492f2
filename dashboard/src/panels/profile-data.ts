/** What the depth profile draws: measured values of each layer, what theory predicts of them, and another job's. */

import { columnAt, columnText } from "../columns";
import type { Columns, LayerRow, Theory } from "../shapes";

type Values = (number | null)[];

/** Theory in the unit of the measurement: ratios to the last layer, scaled to what the last layer showed at step 0. */
export interface Predicted {
  values: Values;
  low: Values;
  high: Values;
  /** Layers with a prediction and a measurement, and those of them that lie in the band. */
  compared: number;
  agreeing: number;
}

/** Another job's values on this one's layers. */
export interface Laid {
  id: string;
  name: string;
  /** "step 96", or the steps of a column. */
  at: string;
  values: Values;
}

/** The metric that theory speaks of. */
export const PREDICTED_METRIC = "delta_norm";

/** `first`: `delta_norm` at step 0. Null where the last layer gives no scale, or no other is predicted. */
export function predicted(theory: Theory, first: Columns): Predicted | null {
  const last = theory.layers.at(-1);
  const place = last ? first.layers.indexOf(last.layer) : -1;
  const scale = first.values[place]?.[0] ?? null;
  if (first.steps[0] !== 0 || scale === null || !(scale > 0)) return null;
  const rows = new Map(theory.layers.map((row) => [row.layer, row]));
  const pick = (of: "delta_norm_ratio" | "low" | "high"): Values => first.layers.map((layer) => {
    const ratio = rows.get(layer)?.[of] ?? null;
    return ratio === null ? null : ratio * scale;
  });
  const values = pick("delta_norm_ratio");
  // The last layer is its own scale: alone, it says nothing.
  if (theory.layers.slice(0, -1).every((row) => row.delta_norm_ratio === null)) return null;
  const compared = theory.layers.filter((row) => row.agrees !== null);
  return { values, low: pick("low"), high: pick("high"), compared: compared.length, agreeing: compared.filter((row) => row.agrees).length };
}

/** Why there is no prediction: the service's own words. */
export function reasonAgainst(theory: Theory): string | null {
  return theory.layers.find((row) => row.delta_norm_ratio === null && row.reason !== null)?.reason ?? null;
}

/** The other job's column nearest to `step`. */
export function nearestColumn(steps: readonly number[], step: number): number {
  const before = columnAt(steps, step);
  const after = before + 1;
  return after < steps.length && steps[after]! - step < step - steps[before]! ? after : before;
}

/**
 * Its values on our layers: by name, and where a name is missing by depth. A remedy keeps the names, so that the sick
 * and the cured network line up.
 */
export function laid(
  other: { id: string; name: string; columns: Columns; network: readonly LayerRow[] }, layers: readonly string[],
  network: readonly LayerRow[], step: number,
): Laid {
  const { columns } = other;
  const column = nearestColumn(columns.steps, step);
  const taken = new Set(layers.filter((layer) => columns.layers.includes(layer)));
  const depth = new Map(network.map((row) => [row.layer, row.depth]));
  const byDepth = new Map(
    other.network.filter((row) => columns.layers.includes(row.layer) && !taken.has(row.layer)).map((row) => [row.depth, row.layer]));
  const values = layers.map((layer) => {
    const match = taken.has(layer) ? layer : byDepth.get(depth.get(layer) ?? -1);
    return match === undefined ? null : columns.values[columns.layers.indexOf(match)]?.[column] ?? null;
  });
  return { id: other.id, name: other.name, at: columnText(columns, column), values };
}
