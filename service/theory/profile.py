"""The predicted profile of a network: how its signals change from layer to layer at the start weights."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import exp, isfinite

import numpy as np

from service.spec.initializers import LSUV
from service.spec.layers import Activation, BatchNorm, Linear
from service.spec.network import PlacedLayer
from service.spec.run import RunSpec
from service.theory.born_dead import born_dead_probability
from service.theory.draws import Draw, centered, draw, fans, init_of, leaky_slope
from service.theory.fixed_point import fixed_point
from service.theory.functions import Array
from service.theory.gradient import Gradient
from service.theory.signal import Signal
from service.theory.unknown import NoClosedForm
from service.theory.walk import Step, Way, forward

_DEVIATIONS = 2.0
_LARGEST_LOG = 700.0
InputMoment = float | Sequence[float] | None


@dataclass(frozen=True, slots=True)
class LayerTheory:
    """What is predicted of one weight layer."""

    layer: str
    depth: int
    q: float | None
    """E[z²] of what it puts out."""
    chi: float | None
    """E‖δ‖² over that of the weight layer behind it."""
    delta_norm_ratio: float | None
    """√(E‖δ‖²) over that of the last weight layer."""
    low: float | None
    """Narrow layers spread: 95 % of networks lie between this…"""
    high: float | None
    """…and this."""
    reason: str | None
    """Why there is no ratio, or else no q."""

    @property
    def sqrt_chi(self) -> float | None:
        """The factor of the norm."""
        return None if self.chi is None else self.chi**0.5


@dataclass(frozen=True, slots=True)
class Profile:
    """What is predicted of a network at its start weights, from the spec alone."""

    layers: tuple[LayerTheory, ...]
    """Its weight layers, in depth order."""
    born_dead_probability: float
    beta: float
    """Σ 1/n over hidden weight layers: how far a network of these widths is from theory. Hanin 2018."""
    depth_scale: float | None
    """Layers over which E‖δ‖² changes by a factor e where the length of the signal has settled; None: no such number,
    or so many that there is no end."""
    input_second_moment: float | None
    """What it starts from, groups of samples taken together."""


def predicted_profile(run: RunSpec, input_second_moment: InputMoment = None) -> Profile:
    """The profile of a resolved run.

    `input_second_moment`: the mean of x² over the features of the training samples; several numbers stand for groups of
    equally many samples that differ in length. None: 1 for data that is put to unit variance, and not known otherwise.
    """
    placed = run.placed()
    signal = input_signal(run, input_second_moment)
    if not any(isinstance(layer.layer, BatchNorm) for layer in placed):
        signal = replace(signal, common=None)  # nobody asks, and it takes most of the time
    steps = forward(run, placed, signal)
    way = Way()
    way.back(steps, Gradient.unit(placed[-1].out_shape, 0))
    known = {step.depth: step for step in _all(steps)}
    rows = tuple(_rows(placed, known, way))
    widths = [layer.out_shape[known[depth].behind.units] for depth, layer in enumerate(placed) if layer.has_weight]
    return Profile(
        layers=rows,
        born_dead_probability=born_dead_probability(run, placed),
        beta=sum(1 / width for width in widths[:-1]),
        depth_scale=_depth_scale(run, placed),
        input_second_moment=None if signal.second is None else float(signal.second.mean()),
    )


def input_signal(run: RunSpec, second_moment: InputMoment) -> Signal:
    """What is known of the samples: standardized features have mean zero, so that samples have nothing in common."""
    shape, standard = run.sample_shape, run.data.normalize == "standard"
    ones = np.ones((1,) * (1 + len(shape)))
    if second_moment is None and standard:
        second_moment = 1.0
    second: Array | None = None
    if second_moment is not None:
        groups = np.atleast_1d(np.asarray(second_moment, float))
        second = groups.reshape(-1, *(1,) * len(shape))
    return Signal(
        second=second,
        mean=0 * ones if standard else None,
        common=0.0 if standard else None,
        gaussian=False,
        units=0 if run.view in ("signal", "image", "channels") or len(shape) == 3 else len(shape) - 1,
        why="" if second is not None else "the second moment of the input is not known",
    )


def _all(steps: Sequence[Step]) -> list[Step]:
    return [inner for step in steps for inner in (*_all(step.branch), step)]


def _rows(placed: Sequence[PlacedLayer], known: dict[int, Step], way: Way) -> list[LayerTheory]:
    depths = sorted(way.notes)
    if not depths:
        return []
    last, behind = way.notes[depths[-1]], dict(pairwise(depths))
    norms = {depth: way.notes[depth].log_norm(placed[depth].out_shape) for depth in depths}
    rows = []
    for depth in depths:
        here, signal = way.notes[depth], known[depth].behind
        chi = ratio = low = high = None
        following = behind.get(depth)
        if following is not None and way.notes[following].stretch == here.stretch:
            chi = _power(norms[depth] - norms[following])
        why = signal.why or None
        if here.stretch == last.stretch:
            log_ratio = (norms[depth] - norms[depths[-1]]) / 2
            variance = max(here.variance - last.variance, 0.0)
            # The logarithm of a random product lies below that of its mean: by half its variance (Hanin & Nica 2018).
            center, reach = log_ratio - variance / 4, _DEVIATIONS * variance**0.5 / 2
            ratio, low, high = _power(log_ratio), _power(center - reach), _power(center + reach)
            why = "the ratio exceeds every float" if ratio is None else why
        else:
            why = way.breaks[last.stretch]
        q = None if signal.second is None else float(signal.second.mean())
        rows.append(LayerTheory(placed[depth].name, depth, _finite(q), chi, ratio, low, high, why))
    return rows


def _power(exponent: float) -> float | None:
    return exp(exponent) if exponent < _LARGEST_LOG else None


def _finite(number: float | None) -> float | None:
    return number if number is not None and isfinite(number) else None


def _depth_scale(run: RunSpec, placed: Sequence[PlacedLayer]) -> float | None:
    """That of the commonest of its hidden linear layers which an activation reads directly."""
    found: Counter[tuple[Activation, Draw, Draw, int]] = Counter()
    for depth, (layer, reader) in enumerate(pairwise(placed)):
        inside_block = layer.name not in {outer.name for outer in run.network.layers}
        if inside_block or not isinstance(layer.layer, Linear) or not isinstance(reader.layer, Activation):
            continue
        init, fan, slope = init_of(layer, run.network), fans(layer), leaky_slope(placed, depth)
        if isinstance(init, LSUV):
            continue
        try:
            weights = centered(draw(init, fan, slope))
            bias = draw(init.bias, fan, slope, bias=True) if layer.layer.bias else Draw(0.0, 0.0)
        except NoClosedForm:
            continue
        found[(reader.layer.model_copy(update={"name": None}), weights, bias, fan.fan_in)] += 1
    if not found:
        return None
    ((function, weights, bias, fan_in), _), *_ = found.most_common(1)
    point = fixed_point(function, fan_in * weights.variance, bias.variance, bias.mean)
    return _finite(point.depth_scale) if point else None
