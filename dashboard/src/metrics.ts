/** The ten layer metrics, and how each is scaled: colour and axes follow from `scale`. */

export type ScaleKind = "log" | "share" | "signed";

export interface Metric {
  name: string;
  label: string;
  scale: ScaleKind;
  doc: string;
}

export const METRICS: readonly Metric[] = [
  { name: "grad_norm", label: "Gradient norm", scale: "log", doc: "L2 norm of the layer's parameter gradients, before clipping." },
  { name: "bias_grad_norm", label: "Bias gradient norm", scale: "log", doc: "L2 norm of the gradients of the layer's biases." },
  { name: "delta_norm", label: "Backward signal δ", scale: "log", doc: "L2 norm over the batch of ∂loss/∂(pre-activation): the backward signal itself." },
  { name: "grad_max", label: "Largest |gradient|", scale: "log", doc: "The largest absolute gradient entry of the layer." },
  { name: "weight_norm", label: "Weight norm", scale: "log", doc: "L2 norm of the layer's weights." },
  { name: "update_ratio", label: "Update ratio", scale: "log", doc: "‖Δw‖ / ‖w‖ of the step really taken." },
  { name: "activation_mean", label: "Activation mean", scale: "signed", doc: "Mean of the layer's output." },
  { name: "activation_std", label: "Activation spread", scale: "log", doc: "Standard deviation of the layer's output." },
  { name: "dead_fraction", label: "Dead units", scale: "share", doc: "Share of units that are zero, or get no gradient, for the whole batch." },
  { name: "saturated_fraction", label: "Saturated outputs", scale: "share", doc: "Share of outputs where |φ′| is below 1 % of its maximum." },
];

const [FIRST] = METRICS as readonly [Metric, ...Metric[]];

export function metricCalled(name: string | null): Metric {
  return METRICS.find((metric) => metric.name === name) ?? FIRST;
}

const BEST: Record<string, string> = {
  dead_units: "dead_fraction",
  saturated_activations: "saturated_fraction",
  // Weight gradients are blind to what vanishes in a homogeneous network; the backward signal is not.
  vanishing_gradient: "delta_norm",
  exploding_gradient: "delta_norm",
  poor_initialization: "delta_norm",
  learning_rate_too_high: "update_ratio",
  learning_rate_too_low: "update_ratio",
};

/** The metric that shows a finding best. */
export function metricFor(rule: string): string | null {
  return BEST[rule] ?? null;
}
