/** The curves that a job's page shows. */

import { number, percent } from "../format";
import type { CurveForm } from "./curve";

const BOTH: CurveForm["lines"] = [{ label: "training", color: 0 }, { label: "validation", color: 2, points: true, bridge: true }];

const ending: CurveForm["sentence"] = ([train, check]) => `Training ${number(train)}, validation ${number(check)} at the last step shown.`;

export const LOSS: CurveForm = { id: "loss", title: "Loss", lines: BOTH, axis: "free", sentence: ending };

export const ACCURACY: CurveForm = { id: "accuracy", title: "Accuracy", lines: BOTH, axis: "share", sentence: ending };

export const CLIPPING: CurveForm = {
  id: "clipping", title: "Gradient norm of the whole network", axis: "log",
  lines: [{ label: "before clipping", color: 2 }, { label: "after clipping", color: 0 }],
  sentence: (last, [before = [], after = []]) => {
    const both = before.flatMap((value, row) => (typeof value === "number" && typeof after[row] === "number" ? [[value, after[row]]] : []));
    const cut = both.filter(([raw, clipped]) => clipped! < raw! * (1 - 1e-4)).length;
    return `Clipping made it smaller at ${percent(both.length === 0 ? 0 : cut / both.length)} of the places drawn; ` +
      `it ends at ${number(last[0])} before and ${number(last[1])} after.`;
  },
};

export const RATE: CurveForm = {
  id: "rate", title: "Learning rate", axis: "free",
  lines: [{ label: "learning rate", color: 0 }],
  sentence: (last, [rates = []]) => {
    const highest = rates.reduce<number>((high, rate) => (typeof rate === "number" && rate > high ? rate : high), 0);
    return `As scheduled: at most ${number(highest)}, ${number(last[0])} at the last step.`;
  },
};
