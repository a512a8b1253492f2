/** The curves that both jobs share a chart for. */

import { number } from "../../format";
import type { Columns } from "../../shapes";
import type { CurveForm } from "../curve";
import type { CurveName, Side } from "./side";

const DASH = [5, 4];

/** A and B as lines, their validation as dashes in the same colours. */
const LINES: CurveForm["lines"] = [
  { label: "A training", color: 0 },
  { label: "B training", color: 2 },
  { label: "A validation", color: 0, dash: DASH, points: true, bridge: true },
  { label: "B validation", color: 2, dash: DASH, points: true, bridge: true },
];

const ending: CurveForm["sentence"] = ([a, b, checkA, checkB]) =>
  `Training ends at ${number(a)} in A and ${number(b)} in B, validation at ${number(checkA)} and ${number(checkB)}.`;

export const LOSSES: CurveForm = { id: "loss", title: "Loss", lines: LINES, axis: "free", sentence: ending };

export const ACCURACIES: CurveForm = { id: "accuracy", title: "Accuracy", lines: LINES, axis: "share", sentence: ending };

/** One layer of both; `told` says which, and of what metric. */
export function layerForm(told: () => string): CurveForm {
  return {
    id: "layer", title: "Layer over steps", axis: "free",
    lines: [{ label: "A", color: 0 }, { label: "B", color: 2 }],
    sentence: ([a, b]) => `${told()}: ends at ${number(a)} in A and ${number(b)} in B.`,
  };
}

/** The series of LINES. */
export function curvesOf(a: Side | null, b: Side | null, training: CurveName, validation: CurveName): (Columns | null)[] {
  return [training, validation].flatMap((name) => [a?.curves[name] ?? null, b?.curves[name] ?? null]);
}

/** One layer out of a trace. */
export function layerOf(columns: Columns | null, place: number): Columns | null {
  if (!columns || place < 0) return null;
  return {
    ...columns, layers: [columns.layers[place]!], values: [columns.values[place] ?? []], nonfinite: [columns.nonfinite[place] ?? []],
  };
}
