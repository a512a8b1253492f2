"""Through the layers of a network: the forward signal from the input on, the gradient from the output back."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from service.spec.layers import (
    Activation,
    AnyLayer,
    AvgPool,
    BatchNorm,
    Convolution,
    Dropout,
    Embedding,
    Flatten,
    GlobalAvgPool,
    GroupNorm,
    LayerNorm,
    Linear,
    MaxPool,
    PositionalEncoding,
    Repeat,
    Residual,
    Transpose,
)
from service.spec.network import PlacedLayer
from service.spec.run import RunSpec
from service.theory.draws import init_of, leaky_slope
from service.theory.gradient import Gradient
from service.theory.passages.activation import activation
from service.theory.passages.branch import added, joined, radial_growth
from service.theory.passages.norms import norm
from service.theory.passages.product import Start, product
from service.theory.passages.pull import Pull, closed, identity
from service.theory.passages.rest import dropout, flatten, global_avg_pool, pool, transpose
from service.theory.passages.tokens import embedding, positional_encoding
from service.theory.signal import Signal
from service.theory.unknown import NoClosedForm

_STEP = 1e-4
"""Relative step of a numerical derivative."""


@dataclass(frozen=True, slots=True)
class Step:
    """A layer on the way: what leaves it, and how the gradient comes back through it, or through its skip path."""

    depth: int
    placed: PlacedLayer
    behind: Signal
    pull: Pull
    branch: tuple["Step", ...] = ()
    """The layers inside a residual block."""
    growth: float | None = None
    """`radial_growth` of a block."""


def forward(run: RunSpec, placed: Sequence[PlacedLayer], signal: Signal) -> tuple[Step, ...]:
    """Every layer, with the signal behind it. `signal` is the input."""
    return tuple(_forward(run.network.layers, _Place(run, placed), signal))


class _Place:
    """Where the walk is: places are counted as `service.spec.network.place` lists them."""

    def __init__(self, run: RunSpec, placed: Sequence[PlacedLayer]) -> None:
        self.run = run
        self.placed = placed
        self.depth = 0

    def next(self) -> tuple[int, PlacedLayer]:
        self.depth += 1
        return self.depth - 1, self.placed[self.depth - 1]

    def again(self, depth: int) -> "_Place":
        """Another walk that begins at the layer of this depth."""
        other = _Place(self.run, self.placed)
        other.depth = depth
        return other

    def start(self, depth: int) -> Start:
        return Start(init_of(self.placed[depth], self.run.network), leaky_slope(self.placed, depth))


def _forward(layers: Sequence[AnyLayer], place: _Place, signal: Signal) -> Iterator[Step]:
    for layer in layers:
        if isinstance(layer, Repeat):
            for _ in range(layer.times):
                for step in _forward(layer.layers, place, signal):
                    signal = step.behind
                    yield step
            continue
        step = _block(layer, place, signal) if isinstance(layer, Residual) else _step(place, signal)
        signal = step.behind
        yield step


def _block(layer: Residual, place: _Place, signal: Signal) -> Step:
    branch = tuple(_forward(layer.layers, place, signal))
    depth, placed = place.next()
    skip, pull = identity(signal)
    if placed.has_weight:
        skip, pull = product(placed, place.start(depth), signal, skips=True)
    if _has_weights(branch):
        behind = joined(skip, branch[-1].behind)
        growth = None if placed.has_weight else _growth(layer, place, signal, behind, depth)
        return Step(depth, placed, behind, pull, branch, growth)
    why = "a block without weights repeats what it reads"
    return Step(depth, placed, replace(branch[-1].behind, gaussian=False).lost(why), closed(why), branch)


def _growth(layer: Residual, place: _Place, signal: Signal, behind: Signal, depth: int) -> float | None:
    """`radial_growth` of a block of vectors, by scaling what it reads; None where it cannot be told."""
    nested = any(isinstance(inner, Residual | Repeat) for inner in layer.layers)
    if nested or signal.second is None or signal.mean is None or behind.second is None or behind.second.ndim != 2:
        return None
    longer = replace(signal, second=signal.second * (1 + _STEP), mean=signal.mean * (1 + _STEP) ** 0.5)
    branch = tuple(_forward(layer.layers, place.again(depth - len(layer.layers)), longer))
    scaled = joined(longer, branch[-1].behind).second
    if scaled is None:
        return None
    before, after, further = (float(one.mean()) for one in (signal.second, behind.second, scaled))
    return radial_growth(before, after, (further - after) / (_STEP * before))


def _has_weights(steps: Sequence[Step]) -> bool:
    return any(step.placed.has_weight for step in steps)


def _step(place: _Place, signal: Signal) -> Step:
    depth, placed = place.next()
    match placed.layer:
        case Linear() | Convolution():
            passed = product(placed, place.start(depth), signal)
        case Activation() as function:
            passed = activation(placed, function, signal)
        case BatchNorm() | LayerNorm() | GroupNorm() as layer:
            passed = norm(placed, layer, signal, place.run.micro_batch_size)
        case Dropout() as layer:
            passed = dropout(placed, layer, signal)
        case Flatten():
            passed = flatten(placed, signal)
        case Transpose():
            passed = transpose(signal)
        case AvgPool() | MaxPool() as layer:
            passed = pool(placed, layer, signal)
        case GlobalAvgPool():
            passed = global_avg_pool(placed, signal)
        case Embedding() as layer:
            passed = embedding(placed, layer, signal)
        case PositionalEncoding() as layer:
            passed = positional_encoding(layer, signal)
        case layer:
            why = f"{layer.kind} has no closed form"
            units = len(placed.out_shape) - 1
            passed = replace(signal, units=units, gaussian=False).lost(why), closed(why)
    return Step(depth, placed, *passed)


@dataclass
class Way:
    """What the gradient is on its way back."""

    notes: dict[int, Gradient] = field(default_factory=dict)
    """Depth of a weight layer → the gradient behind it, its backward signal δ."""
    breaks: list[str] = field(default_factory=list)
    """Why the gradients of stretch n and n + 1 cannot be compared."""

    def back(self, steps: Sequence[Step], gradient: Gradient) -> Gradient:
        """The gradient in front of `steps`, from the one behind them."""
        for step in reversed(steps):
            if step.placed.has_weight:
                self.notes[step.depth] = gradient
            try:
                gradient = self._through_block(step, gradient) if step.branch else step.pull(gradient)
            except NoClosedForm as unknown:
                self.breaks.append(str(unknown))
                gradient = Gradient.unit(step.placed.in_shape, len(self.breaks))
        return gradient

    def _through_block(self, step: Step, gradient: Gradient) -> Gradient:
        branch = self.back(step.branch, gradient)
        units = step.placed.in_shape[step.behind.units]
        return added(gradient, step.pull(gradient), branch, units, step.growth)
