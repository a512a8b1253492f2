"""What is recorded: metrics per layer, and curves of the whole network."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Metric:
    """A recorded quantity, as the catalogue and the dashboard show it."""

    name: str
    unit: str
    doc: str
    logarithmic: bool
    """Spans orders of magnitude, so it is drawn on a log scale."""


def _table(*metrics: Metric) -> dict[str, Metric]:
    return {metric.name: metric for metric in metrics}


METRICS = _table(
    Metric(
        "grad_norm",
        "1",
        "L2 norm of the layer's parameter gradients: whole accumulated batch, unscaled, before penalties and clipping.",
        True,
    ),
    Metric("bias_grad_norm", "1", "The same, biases only.", True),
    Metric(
        "delta_norm",
        "1",
        "L2 norm over the batch of ∂loss/∂(pre-activation): the backward signal itself, the only metric that shows "
        "vanishing in bias-free ReLU networks. Of recurrent layers, attention and embeddings: ∂loss/∂output.",
        True,
    ),
    Metric("grad_max", "1", "Largest |gradient| entry of the layer.", True),
    Metric("weight_norm", "1", "L2 norm of the layer's weights, before the step.", True),
    Metric("update_ratio", "1", "‖Δw‖ / ‖w‖ of the step really taken, weight decay and max_norm included.", True),
    Metric(
        "activation_mean",
        "1",
        "Mean of the layer's output over batch and units; not of a layer that an activation or norm reads directly.",
        False,
    ),
    Metric("activation_std", "1", "Standard deviation of the layer's output over batch and units.", True),
    Metric(
        "dead_fraction",
        "share",
        "Share of units that are zero for the whole batch (functions with a zero half-line), or whose gradient is zero "
        "for the whole batch (all others). A unit of a convolution is a channel, dead where it is zero everywhere; of "
        "a sequence it is a feature, over all time steps.",
        False,
    ),
    Metric(
        "saturated_fraction",
        "share",
        "Share of outputs where |φ′| is below 1 % of its maximum; of functions whose output tells their slope.",
        False,
    ),
    Metric(
        "time_delta_norm",
        "1",
        "L2 norm over batch and features of ∂loss/∂hₜ, through the recurrence too, hₜ being what a recurrent layer "
        "puts out at time step t: the backward signal through time. Its columns are time steps of layers, evenly "
        "spread where a layer has more than 256, or all together more than 4096.",
        True,
    ),
)

CURVES = _table(
    Metric("loss", "1", "Loss of the batch, penalties left out.", True),
    Metric("accuracy", "share", "Share of the batch classified correctly.", False),
    Metric("validation_loss", "1", "Loss over the validation samples.", True),
    Metric("validation_accuracy", "share", "Share of the validation samples classified correctly.", False),
    Metric("lr", "1", "Learning rate of the step.", True),
    Metric("grad_norm", "1", "Global norm of the gradient, penalties included, before clipping.", True),
    Metric("grad_norm_clipped", "1", "Global gradient norm after clipping.", True),
    Metric("clip_fraction", "share", "Norm clipping: whether the step was clipped; by value: share of entries.", False),
    Metric("loss_scale", "1", "What the loss was multiplied by for backward; float16 only.", True),
    Metric(
        "skipped_steps",
        "1",
        "Backward passes of the step that overflowed and were thrown away; done again at half the scale, on the same "
        "batch. float16 only.",
        False,
    ),
    Metric("input_mean", "1", "Mean of the training samples as the network reads them; at step 0 alone.", False),
    Metric("input_std", "1", "Standard deviation of the same numbers.", True),
    Metric("input_max", "1", "The largest |x| among the same numbers.", True),
    Metric("input_second_moment", "1", "Mean of x² over the same numbers: what theory starts from.", True),
    Metric("input_spread", "1", "Standard deviation of the widest input feature over that of the median one.", True),
)
