"""The numbers that a network can put out: what its last layer leaves of the number line."""

from dataclasses import dataclass
from math import inf

from service.spec.layers import RNN, Activation, AvgPool, Dropout, Flatten, GlobalAvgPool, MaxPool, Recurrent
from service.spec.losses import LossName
from service.spec.network import PlacedLayer
from service.spec.run import RunSpec

_KEEP = (Dropout, Flatten, MaxPool, AvgPool, GlobalAvgPool)
"""What puts out nothing beyond what it reads."""
_RANGES: dict[str, tuple[float, float]] = {
    "sigmoid": (0.0, 1.0),
    "softmax": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "softsign": (-1.0, 1.0),
    "relu": (0.0, inf),
    "softplus": (0.0, inf),
    "exponential": (0.0, inf),
    "selu": (-1.7580993408473766, inf),
    "gelu": (-0.16997120747990, inf),
    "silu": (-0.27846454276107, inf),
    "mish": (-0.30884287142755, inf),
    "log_softmax": (-inf, 0.0),
}
_WITHIN_LOSS: dict[tuple[LossName, str], LossName] = {
    ("nll", "log_softmax"): "cross_entropy",
    ("cross_entropy", "log_softmax"): "cross_entropy",
    ("bce", "sigmoid"): "bce_with_logits",
}
"""A function that belongs to the loss, and the loss of what is before it; log_softmax twice is log_softmax."""


@dataclass(frozen=True, slots=True)
class Output:
    """What a loss is really given."""

    loss: LossName
    """The loss, taken together with the function before it that belongs to it."""
    layer: str
    function: str | None
    """The function that bounds the output; none where any number may come out, or where a recurrent layer does."""
    low: float
    high: float
    zero_below: bool
    """Whether the output has no gradient over half of the number line."""

    @property
    def bounded(self) -> bool:
        """Whether there are numbers that cannot come out."""
        return self.low > -inf or self.high < inf


def output_of(run: RunSpec) -> Output:
    """The output of a run, as its loss reads it."""
    loss = run.training.loss
    blocks = {id(layer) for layer in run.network.layers}
    layers = [placed for placed in run.placed() if id(placed.layer) in blocks]
    while layers:
        last = layers.pop()
        if isinstance(last.layer, _KEEP):
            continue
        if isinstance(last.layer, Activation):
            function = last.layer.function
            if function == "identity":
                continue
            belongs = _WITHIN_LOSS.get((loss, function)) if last.out_shape[-1] > 1 or function == "sigmoid" else None
            if belongs:
                loss = belongs
                continue
            low, high = _range(last)
            return Output(loss, last.name, function, low, high, last.layer.entry.zero_below)
        if isinstance(last.layer, Recurrent):
            rectified = isinstance(last.layer, RNN) and last.layer.nonlinearity == "relu"
            low, high = (0.0, inf) if rectified else (-1.0, 1.0)
            return Output(loss, last.name, None, low, high, rectified)
        break
    return Output(loss, run.placed()[-1].name, None, -inf, inf, False)


def _range(placed: PlacedLayer) -> tuple[float, float]:
    layer = placed.layer
    assert isinstance(layer, Activation)  # noqa: S101 (asked of nothing else)
    match layer.function:
        case "softmax" if placed.out_shape[-1] == 1:
            return 1.0, 1.0
        case "log_softmax" if placed.out_shape[-1] == 1:
            return 0.0, 0.0
        case "hardtanh":
            return layer.parameters["min_val"], layer.parameters["max_val"]
        case "elu":
            return -layer.parameters["alpha"], inf
        case "leaky_relu" if layer.parameters["negative_slope"] <= 0:
            return 0.0, inf
        case function:
            return _RANGES.get(function, (-inf, inf))
