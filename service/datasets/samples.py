"""The samples of a dataset on their way to disk."""

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service.datasets.arrays import Grown
from service.datasets.moments import Moments
from service.datasets.refusal import Refused
from service.datasets.workplace import Workplace

Told = Callable[[tuple[int, ...]], str]
"""Names the place of one number, given where it is in a block, as the beginning of a sentence."""
_MOST_WORDS = 1_000_000


class Samples:
    """Writes samples as float32, and gathers their statistics. Raises `Refused` where a number is not finite."""

    def __init__(self, place: Workplace, name: str, shape: tuple[int, ...]) -> None:
        self.shape = shape
        self.moments = Moments(prod(shape))
        self._file = Grown(place, name, np.float32, shape)

    @property
    def count(self) -> int:
        """How many there are so far."""
        return self._file.rows

    def append(self, block: NDArray[Any], told: Told) -> None:
        """Adds [n, *shape] numbers."""
        with np.errstate(over="ignore"):
            samples = block.astype(np.float32)
        refuse_nonfinite(block, samples, told)
        self.moments.add(samples.reshape(len(samples), -1))
        self._file.append(samples)

    def close(self) -> None:
        """Completes the file."""
        self._file.close()

    @property
    def bytes(self) -> int:
        """Of all samples."""
        return self._file.bytes

    @property
    def vocabulary(self) -> int | None:
        """One more than the largest number of [T] whole numbers from 0 on, which could be indices of words."""
        fits = self.moments.whole and self.moments.least.min() >= 0 and self.moments.greatest.max() < _MOST_WORDS
        return int(self.moments.greatest.max()) + 1 if len(self.shape) == 1 and fits else None


def refuse_nonfinite(given: NDArray[Any], kept: NDArray[np.float32], told: Told) -> None:
    """Raises `Refused` for the first number of `kept` that is not finite; `given` is what it was made from."""
    if np.isfinite(kept).all():
        return
    where = tuple(int(index) for index in np.argwhere(~np.isfinite(kept))[0])
    number = given[where]
    if np.isfinite(number):
        raise Refused(f"{told(where)} {number:g} is too large for float32; rescale it.")
    raise Refused(f"{told(where)} the number is {number}; leave the sample out, or put a number in its place.")
