"""Tensors of one shape, stacked, so that a statistic over many layers is one reduction."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

_MOST_ELEMENTS = 1 << 21
"""Larger stacks gain nothing and double the memory of the step."""


class Stack:
    """Rows of the placed layers whose tensors are stacked in a buffer that stays from step to step."""

    def __init__(self, rows: Sequence[int], like: Tensor) -> None:
        self.rows = tuple(rows)
        self._like = like
        self._buffer: Tensor | None = None

    def load(self, tensors: Sequence[Tensor]) -> Tensor:
        """[k, *shape] of `tensors` in the dtype of the statistics, until the next call."""
        if len(tensors) == 1:
            return tensors[0].unsqueeze(0).to(self._like.dtype)
        if self._buffer is None:
            self._buffer = self._like.new_empty((len(tensors), *tensors[0].shape))
        torch.stack(list(tensors), out=self._buffer)
        return self._buffer


def stacks(
    rows: Sequence[int], key: Callable[[int], object], elements: Callable[[int], int], like: Tensor
) -> list[Stack]:
    """Rows with the same `key` together, in stacks of a bounded number of `elements`, of the dtype of `like`."""
    alike: dict[object, list[int]] = {}
    for row in rows:
        alike.setdefault(key(row), []).append(row)
    return [
        Stack(members[start : start + size], like)
        for members in alike.values()
        for size in [max(1, _MOST_ELEMENTS // max(1, elements(members[0])))]
        for start in range(0, len(members), size)
    ]
