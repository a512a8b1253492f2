"""Theory beside measurement, as the API shows it."""

from collections.abc import Mapping
from math import isfinite

from service.spec.frozen import Frozen
from service.spec.run import RunSpec
from service.theory.profile import InputMoment, LayerTheory, Profile, predicted_profile

_TOLERANCE = 0.02
"""Relative error of √χ that theory is granted for each layer, besides what chance does to narrow ones."""
_FLOAT32_SMALLEST = 1e-38


class TheoryRow(Frozen):
    """A layer with weights: what theory says of its backward signal δ = ∂loss/∂(pre-activation), and what was seen."""

    layer: str
    depth: int
    q: float | None
    """Predicted mean square of what the layer puts out."""
    chi: float | None
    """Predicted factor of E‖δ‖² from the next layer with weights to this one."""
    sqrt_chi: float | None
    """The factor of ‖δ‖: 1 keeps the backward signal."""
    delta_norm_ratio: float | None
    """Predicted ‖δ‖ over that of the last layer with weights."""
    low: float | None
    """Lower end of the band in which the ratio lies for 95 % of the draws of weights at these widths."""
    high: float | None
    """Upper end of that band."""
    measured: float | None
    """The same ratio, measured at step 0; null before it is, and where it is not finite."""
    agrees: bool | None
    """Whether `measured` lies in the band, give or take 2 % a layer; null where one of them is missing."""
    reason: str | None
    """Why there is no prediction."""


class TheoryDocument(Frozen):
    """A network at its start weights: predicted from the experiment alone, and measured at step 0."""

    layers: tuple[TheoryRow, ...]
    """Those with weights, in depth order."""
    born_dead_probability: float
    """At least this often all units of a ReLU layer are zero for a sample before anything is trained."""
    beta: float
    """Σ 1/width over hidden layers: how far chance may take such a network from theory."""
    depth_scale: float | None
    """Layers over which E‖δ‖² changes by a factor e, once the signal has settled; null: without end, or not known."""
    input_second_moment: float | None
    """Mean square of the input's features that this starts from."""


def theory(
    run: RunSpec, measured: Mapping[str, float] | None = None, input_second_moment: InputMoment = None
) -> TheoryDocument:
    """The document of a resolved run.

    `measured`: `delta_norm` of layers at step 0, by name. `input_second_moment`: as `predicted_profile` takes it.
    """
    profile = predicted_profile(run, input_second_moment)
    ratios = _ratios(profile, measured or {})
    last = len(profile.layers) - 1
    rows = [_row(layer, ratios.get(layer.layer), last - index) for index, layer in enumerate(profile.layers)]
    return TheoryDocument(
        layers=tuple(rows),
        born_dead_probability=profile.born_dead_probability,
        beta=profile.beta,
        depth_scale=profile.depth_scale,
        input_second_moment=profile.input_second_moment,
    )


def _ratios(profile: Profile, measured: Mapping[str, float]) -> dict[str, float]:
    last = measured.get(profile.layers[-1].layer, 0.0) if profile.layers else 0.0
    if not (isfinite(last) and last > 0):
        return {}
    return {layer: norm / last for layer, norm in measured.items() if isfinite(norm / last)}


def _row(predicted: LayerTheory, measured: float | None, distance: int) -> TheoryRow:
    """`distance`: layers with weights between this one and the last."""
    return TheoryRow(
        layer=predicted.layer,
        depth=predicted.depth,
        q=predicted.q,
        chi=predicted.chi,
        sqrt_chi=predicted.sqrt_chi,
        delta_norm_ratio=predicted.delta_norm_ratio,
        low=predicted.low,
        high=predicted.high,
        measured=measured,
        agrees=_agrees(predicted, measured, (1 + _TOLERANCE) ** distance),
        reason=predicted.reason,
    )


def _agrees(predicted: LayerTheory, measured: float | None, factor: float) -> bool | None:
    if predicted.low is None or predicted.high is None or measured is None:
        return None
    if measured == 0:
        return predicted.low < _FLOAT32_SMALLEST
    return predicted.low / factor <= measured <= predicted.high * factor
