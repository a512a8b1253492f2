/** The histogram of the selected layer, at the recorded step nearest to the selected one. */

import { getHistogram } from "../../api";
import { paced } from "../../pace";
import { HistogramPanel } from "../../panels/histogram";
import { REFRESH_MS, type Context, type Section } from "./context";

const SELECT_MS = 60;

export function histogramSection(context: Context): Section {
  const { id, selection, signal } = context;
  const panel = new HistogramPanel(signal);
  const load = async (): Promise<void> => {
    const { layer, step } = selection;
    if (!isRecorded(context)) return;
    const row = context.network.find((other) => other.layer === layer);
    // What has no parameters has no gradient.
    const asked = layer !== null && step !== null && row !== undefined && row.parameters > 0;
    const histogram = asked ? await context.attempt(() => getHistogram(id, layer, step, signal)) : null;
    if (!signal.aborted && selection.layer === layer && selection.step === step) panel.show(histogram);
  };
  const reload = paced(load, SELECT_MS, signal);
  selection.onChange(({ layer, step }, before) => {
    if (layer !== before.layer || step !== before.step) reload();
  });
  return { elements: [panel.element], refresh: paced(load, REFRESH_MS, signal) };
}

function isRecorded({ job, traced }: Context): boolean {
  return traced > 0 && job !== null && job.resolved.trace?.histogram_every !== 0;
}
