"""The lowest loss that a range of outputs admits: what no training can get below, however good the predictions."""

from math import exp, inf, log, log1p, sqrt

import numpy as np
from numpy.typing import NDArray

from service.diagnosis.evidence.constant import constant_loss
from service.diagnosis.evidence.output_range import Output, output_of
from service.spec.losses import LossName
from service.spec.run import RunSpec

_Z = np.linspace(-8.0, 8.0, 3201)
_WEIGHT = np.exp(-_Z * _Z / 2) / np.exp(-_Z * _Z / 2).sum()


def lowest_loss(output: Output, run: RunSpec) -> float | None:
    """The loss of predictions that are right for every sample and as sure as the range lets them be.

    −∞ where nothing bounds it from below, ∞ where it is no number for some outputs; None where the targets are not
    known well enough. Real values are taken as normally distributed.
    """
    classes = run.placed()[-1].out_shape[-1]
    match output.loss:
        case "nll":
            return -inf
        case "cross_entropy":
            return log1p((classes - 1) * exp(output.low - output.high))
        case "bce" if output.low < 0 or output.high > 1:
            return inf
        case "bce" | "bce_with_logits":
            return _of_labels(output, run)
        case _ if run.data.source.target().kind == "classes":
            return _of_labels(output, run)
        case _:
            return _of_values(output, run)


def unreachable_share(run: RunSpec) -> float | None:
    """The lowest loss of a run over that of a constant prediction; ±∞ as above, None where one of them is not known."""
    lowest, constant = lowest_loss(output_of(run), run), constant_loss(run)
    return None if lowest is None or not constant else lowest / constant


def _of_labels(output: Output, run: RunSpec) -> float:
    """Of numbers that are to be 0 or 1."""
    shares = run.data.source.class_shares(0)
    ones = shares[1:] if run.placed()[-1].out_shape[-1] == 1 else shares
    at_one, at_zero = _of_number(1, output), _of_number(0, output)
    return sum(share * at_one + (1 - share) * at_zero for share in ones) / len(ones)


def _of_number(label: int, output: Output) -> float:
    match output.loss:
        case "bce_with_logits":
            return float(np.logaddexp(0.0, -output.high if label else output.low))
        case "bce":
            likely = output.high if label else 1 - output.low
            return -log(likely) if likely > 0 else inf
        case loss:
            nearest = min(max(float(label), output.low), output.high)
            return float(_penalty(np.array(label - nearest), loss))


def _of_values(output: Output, run: RunSpec) -> float | None:
    source, scaled = run.data.source, run.data.scales_target
    mean, variance = (0.0, 1.0) if scaled else (source.target_mean(), source.target_variance())
    if mean is None or variance is None:
        return None
    wanted = mean + sqrt(variance) * _Z
    missed = wanted - np.clip(wanted, output.low, output.high)
    return float(_penalty(missed, output.loss) @ _WEIGHT)


def _penalty(missed: NDArray[np.float64], loss: LossName) -> NDArray[np.float64]:
    distance: NDArray[np.float64] = np.abs(missed)
    match loss:
        case "huber":
            return np.where(distance < 1, distance**2 / 2, distance - 0.5)
        case "l1":
            return distance
        case _:
            return np.square(distance)
