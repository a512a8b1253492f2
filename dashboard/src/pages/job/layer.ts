/** The selected layer over the steps: the chosen metric, and how long its steps are beside its weights. */

import { getTrace } from "../../api";
import { metricCalled } from "../../metrics";
import { paced } from "../../pace";
import { LayerPanel, type LayerForm, type LayerSeries } from "../../panels/layer";
import type { Columns } from "../../shapes";
import { REFRESH_MS, type Context, type Section } from "./context";

// As many as the heatmap has: a point stands for the same steps in both.
const COLUMNS = 600;
const SELECT_MS = 60;

const CHOSEN: LayerForm = { id: "layer", title: "Layer over steps" };

const STEPS: LayerForm = {
  id: "update-ratio", title: "Update ratio",
  // DeepDiagnosis aims at 1e-3 and warns outside 1e-5 to 0.1; torchmortem warns at the same two.
  zone: { from: 1e-5, to: 1e-1, at: 1e-3 },
  note: "About 1e-3 is usual, and 1e-5 to 0.1 (green) no cause for worry.",
};

export function layerSection(context: Context): Section {
  const { selection, signal } = context;
  const chosen = new LayerPanel(CHOSEN, selection, signal);
  const steps = new LayerPanel(STEPS, selection, signal);
  const load = async (): Promise<void> => {
    const { layer, metric } = selection;
    if (layer === null || context.traced === 0) return;
    const [series, updates] = await Promise.all([seriesOf(context, metric, layer), seriesOf(context, "update_ratio", layer)]);
    if (signal.aborted || selection.layer !== layer || selection.metric !== metric) return;
    chosen.show(metricCalled(metric), series, context.range());
    steps.show(metricCalled("update_ratio"), updates, context.range());
  };
  const reload = paced(load, SELECT_MS, signal);
  selection.onChange(({ layer, metric }, before) => {
    if (layer !== before.layer || metric !== before.metric) reload();
  });
  return { elements: [chosen.element, steps.element], refresh: paced(load, REFRESH_MS, signal) };
}

/** null where the layer has no such metric. */
async function seriesOf(context: Context, metric: string, layer: string): Promise<LayerSeries | null> {
  const { id, signal } = context;
  const part = (agg: "mean" | "min" | "max"): Promise<Columns | null> =>
    context.attempt(() => getTrace(id, metric, COLUMNS, signal, { agg, layers: [layer], ...context.part() }));
  const mean = await part("mean");
  if (mean === null) return null;
  // Where a point is one step, all three are the same.
  const [min, max] = mean.bucket_steps > 1 ? await Promise.all([part("min"), part("max")]) : [mean, mean];
  return min && max ? { layer, mean, min, max } : null;
}
