/** The time axis of recurrent layers, at the selected step. */

import { getTrace } from "../../api";
import { columnText } from "../../columns";
import { paced } from "../../pace";
import { TimePanel } from "../../panels/time";
import type { Columns } from "../../shapes";
import { REFRESH_MS, type Context, type Section } from "./context";

const METRIC = "time_delta_norm";
const SELECT_MS = 60;

export function timeSection(context: Context): Section {
  const { id, selection, signal } = context;
  const panel = new TimePanel(signal);
  let first: { layer: string; columns: Columns } | null = null;

  const at = (layer: string, from: number, to: number): Promise<Columns | null> =>
    context.attempt(() => getTrace(id, METRIC, 1, signal, { agg: "last", layers: [layer], from, to }));

  const load = async (): Promise<void> => {
    const layer = recurrentLayer(context);
    const step = selection.step ?? 0;
    if (layer === null || context.traced === 0) return;
    if (first?.layer !== layer) {
      const columns = await at(layer, 0, 0);
      if (columns) first = { layer, columns };
    }
    // Dear metrics may be recorded at some of the steps only: then the last of them before this one.
    const exact = await at(layer, step, step);
    const selected = exact?.steps.length ? exact : await at(layer, 0, step);
    if (signal.aborted || recurrentLayer(context) !== layer || (selection.step ?? 0) !== step || !selected || !first) return;
    const text = selected === exact ? columnText(selected, 0) : `the last recorded step up to ${step}`;
    panel.show({ layer, selected, first: first.columns, at: text });
  };
  const reload = paced(load, SELECT_MS, signal);
  selection.onChange(({ layer, step }, before) => {
    if (layer !== before.layer || step !== before.step) reload();
  });
  return { elements: [panel.element], refresh: paced(load, REFRESH_MS, signal) };
}

/** The selected layer if it has a time axis, or else the first that has one; null in a network without recurrence. */
function recurrentLayer({ network, selection }: Context): string | null {
  const recurrent = network.filter((row) => typeof row.time_steps === "number");
  return (recurrent.find((row) => row.layer === selection.layer) ?? recurrent[0])?.layer ?? null;
}
