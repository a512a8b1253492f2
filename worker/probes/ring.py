"""A buffer on the device with one row for each recorded step."""

import time

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


class Ring:
    """[capacity, columns] float32 on the device, as it will be stored."""

    def __init__(self, capacity: int, columns: int, device: torch.device) -> None:
        self._rows = torch.zeros(capacity, columns, device=device)
        self._steps: list[int] = []
        self._times: list[float] = []

    def __len__(self) -> int:
        return len(self._steps)

    @property
    def full(self) -> bool:
        """Whether the next row has no place left."""
        return len(self._steps) == len(self._rows)

    def write(self, step: int, parts: list[Tensor]) -> None:
        """Appends one row: `parts`, vectors, one behind the other."""
        torch.cat(parts, out=self._rows[len(self._steps)])
        self._steps.append(step)
        self._times.append(time.time())

    def drain(self) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
        """Steps [n], times [n] and rows [n, columns] since the last drain, in one copy; empties the ring."""
        rows = self._rows[: len(self._steps)].cpu().numpy().astype(np.float64)
        steps, times = np.array(self._steps, np.int64), np.array(self._times, np.float64)
        self._steps, self._times = [], []
        return steps, times, rows
