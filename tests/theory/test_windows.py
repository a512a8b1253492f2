"""Running sums against the slow, obvious loop, and the way back as its transpose."""

import numpy as np
import pytest

from service.theory.functions import Array
from service.theory.windows import gathered, scattered


def by_hand(values: Array, kernel: int, stride: int, padding: tuple[int, int], dilation: int) -> list[float]:
    padded = [0.0] * padding[0] + list(values) + [0.0] * padding[1]
    last = len(padded) - dilation * (kernel - 1)
    return [sum(padded[start + dilation * tap] for tap in range(kernel)) for start in range(0, last, stride)]


CASES = [
    (3, 1, (1, 1), 1),
    (3, 2, (1, 1), 1),
    (2, 1, (0, 1), 3),
    (4, 3, (2, 0), 2),
    (1, 1, (0, 0), 1),
    (7, 1, (3, 3), 1),
]


@pytest.mark.parametrize(("kernel", "stride", "padding", "dilation"), CASES)
def test_sums_over_windows(kernel: int, stride: int, padding: tuple[int, int], dilation: int) -> None:
    values = np.random.default_rng(0).random((2, 11, 3))
    found = gathered(values, 1, kernel=kernel, stride=stride, padding=padding, dilation=dilation)
    expected = np.apply_along_axis(lambda line: by_hand(line, kernel, stride, padding, dilation), 1, values)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize(("kernel", "stride", "padding", "dilation"), CASES)
def test_the_way_back_is_the_transpose(kernel: int, stride: int, padding: tuple[int, int], dilation: int) -> None:
    draws = np.random.default_rng(1)
    values = draws.random((1, 11))
    sums = gathered(values, 1, kernel=kernel, stride=stride, padding=padding, dilation=dilation)
    behind = draws.random(sums.shape)
    back = scattered(behind, 1, size=11, kernel=kernel, stride=stride, padding=padding, dilation=dilation)
    assert (back * values).sum() == pytest.approx((behind * sums).sum(), rel=1e-12)
