"""The loss of predictions that do not look at the sample: what a network has to beat to have learned anything."""

from collections import Counter
from math import erf, erfc, exp, log, pi, sqrt

from service.spec.losses import LossName
from service.spec.run import RunSpec

Shares = tuple[float, ...]


def constant_loss(run: RunSpec) -> float | None:
    """Loss of the best prediction that is the same for every sample; it may differ between time steps.

    By the class frequencies that the source tells, or by the variance of real values, as if those were normally
    distributed. None where the source does not know it.
    """
    source, output, loss = run.data.source, run.placed()[-1].out_shape, run.training.loss
    target = source.target()
    if target.kind == "values":
        variance = 1.0 if run.data.scales_target else source.target_variance()
        return None if variance is None else _of_values(sqrt(variance), loss)
    steps = target.steps or 1
    answered = range(steps) if len(output) > 1 else (steps - 1,)
    counted = Counter(source.class_shares(step) for step in answered)
    return sum(times * _of_classes(shares, loss, output[-1]) for shares, times in counted.items()) / len(answered)


def _of_classes(shares: Shares, loss: LossName, outputs: int) -> float:
    """Numbers are one-hot, or 0 and 1 where there is a single output for two classes."""
    if loss in {"cross_entropy", "nll"}:
        return _entropy(shares)
    numbers = shares[1:] if outputs == 1 else shares
    return sum(_of_number(share, loss) for share in numbers) / len(numbers)


def _of_number(share: float, loss: LossName) -> float:
    """A number that is 1 with probability `share`, else 0."""
    match loss:
        case "mse":
            return share * (1 - share)
        case "huber":
            return share * (1 - share) / 2
        case "l1":
            return min(share, 1 - share)
        case _:
            return _entropy((share, 1 - share))


def _of_values(deviation: float, loss: LossName) -> float:
    """A normal distribution of this standard deviation around the prediction."""
    match loss:
        case "huber" if deviation > 0:
            bend = 1 / deviation
            density = exp(-bend * bend / 2) / sqrt(2 * pi)
            square = deviation**2 / 2 * (erf(bend / sqrt(2)) - 2 * bend * density)
            return square + 2 * deviation * density - erfc(bend / sqrt(2)) / 2
        case "l1":
            return deviation * sqrt(2 / pi)
        case _:
            return deviation**2


def _entropy(shares: Shares) -> float:
    """Of class frequencies, in nats."""
    return -sum(share * log(share) for share in shares if share > 0)
