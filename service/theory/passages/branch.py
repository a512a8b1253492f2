"""Residual blocks: x + f(x), where f has weights of its own.

Those are drawn around zero, so the gradients of the two paths have nothing in common and their squares add: 1 + χ.
"""

from dataclasses import replace
from math import exp, log, log1p

from service.theory.functions import Array
from service.theory.gradient import Gradient
from service.theory.signal import Signal
from service.theory.unknown import NoClosedForm


def joined(skip: Signal, branch: Signal) -> Signal:
    """The signal behind a block whose branch has weights: what it adds does not depend on the unit it adds to."""
    means = None if skip.mean is None or branch.mean is None else skip.mean + branch.mean
    both = replace(
        branch, mean=means, gaussian=skip.gaussian and branch.gaussian, dropped=skip.dropped or branch.dropped
    )
    crossed = _crossed(skip, branch)
    if skip.second is None or branch.second is None or crossed is None:
        why = skip.why or branch.why or "the mean of what the skip path carries is not known"
        return replace(both.lost(why), mean=means)
    common = None
    if skip.common is not None and branch.common is not None:
        common = skip.common + branch.common + 2 * float(crossed.mean())
    return replace(both, second=skip.second + branch.second + 2 * crossed, common=common, why="")


def _crossed(skip: Signal, branch: Signal) -> Array | None:
    """E[x f(x)] = E[x] E[f(x)]; None where it is not known."""
    if branch.mean is None:
        return None
    if skip.mean is None:
        return None if branch.mean.any() else branch.mean
    return skip.mean * branch.mean


def added(behind: Gradient, skip: Gradient, branch: Gradient, units: int, growth: float | None) -> Gradient:
    """The gradient in front of a block, from those that its two paths bring.

    `units`: the width of what it reads. `growth`: the factor of the part that lies along the signal (`radial_growth`).
    Raises `NoClosedForm` where the two cannot be compared.
    """
    if skip.stretch != branch.stretch:
        raise NoClosedForm("one path of a block has no closed form")
    # Norms of equally many entries: their mean squares, whose factors are e^log, will do.
    larger, smaller = (branch, skip) if branch.log > skip.log else (skip, branch)
    factor = exp(smaller.log - larger.log)
    share = factor / (1 + factor)
    variance = (
        behind.variance
        + (1 - share) ** 2 * (larger.variance - behind.variance)
        + share**2 * (smaller.variance - behind.variance)
        + 4 * share * (1 - share) / units
    )
    squares = (1 - share) * larger.squares + share * smaller.squares
    joined = Gradient(larger.log + log1p(factor), squares, variance, behind.stretch)
    if growth is None:
        return joined
    aligned = 1 / units if behind.aligned is None else behind.aligned
    grown = aligned * growth * exp(behind.log - joined.log)
    whole = 1 - aligned + grown
    if not grown > aligned:
        return joined
    return replace(
        joined,
        log=joined.log + log(whole),
        # What grows out of a single random number keeps its spread.
        variance=variance + 2 * ((grown / whole) ** 2 - aligned**2),
        aligned=grown / whole,
    )


def radial_growth(before: float, behind: float, slope: float) -> float:
    """The factor of the squared gradient along the signal, by which blocks of x + f(x) may exceed 1 + χ.

    `before` and `behind`: E[x²] in front of a block and behind it; `slope`: the derivative of one by the other when x
    is scaled. Along x a block does what it does to lengths: d log‖x′‖ / d log‖x‖ = 1 for ReLU, so that ⟨∂loss/∂x, x⟩ is
    the same in front and behind (Euler), and the gradient along x grows as the signal shrinks toward the input.
    """
    return slope**2 * before / behind
