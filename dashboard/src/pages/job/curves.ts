/** The curves of the whole network. */

import { getCurve } from "../../api";
import { paced } from "../../pace";
import { CurvePanel, type CurveForm } from "../../panels/curve";
import { ACCURACY, CLIPPING, LOSS, RATE } from "../../panels/curves";
import type { Job } from "../../shapes";
import { REFRESH_MS, type Context, type Section } from "./context";

interface Shown {
  panel: CurvePanel;
  metrics: readonly string[];
  /** Whether a job has something to show here. */
  concerns(job: Job): boolean;
}

export function curvesSection(context: Context): Section {
  const { id, selection, signal } = context;
  const shown = (form: CurveForm, metrics: readonly string[], concerns: Shown["concerns"] = () => true): Shown => (
    { panel: new CurvePanel(form, selection, signal), metrics, concerns });
  const curves = [
    shown(LOSS, ["loss", "validation_loss"]),
    shown(ACCURACY, ["accuracy", "validation_accuracy"]),
    shown(CLIPPING, ["grad_norm", "grad_norm_clipped"], isClipped),
    shown(RATE, ["lr"], isScheduled),
  ];
  const load = async ({ panel, metrics, concerns }: Shown): Promise<void> => {
    if (!context.job || !concerns(context.job)) return;
    const series = await Promise.all(metrics.map((metric) => context.attempt(() => getCurve(id, metric, "mean", signal, context.part()))));
    if (!signal.aborted) panel.show(series, selection.step, context.range());
  };
  return {
    elements: curves.map(({ panel }) => panel.element),
    refresh: paced(async () => void (await Promise.all(curves.map(load))), REFRESH_MS, signal),
  };
}

function isClipped({ resolved }: Job): boolean {
  const { clip_grad_norm: norm, clip_grad_value: value } = resolved.training ?? {};
  return typeof norm === "number" || typeof value === "number";
}

function isScheduled({ resolved }: Job): boolean {
  const { name = "constant", warmup_steps: warmup = 0 } = resolved.training?.lr_schedule ?? {};
  return name !== "constant" || warmup > 0;
}
