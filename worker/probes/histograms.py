"""Histograms of log10|gradient| of every layer, counted on the device.

A bin is an octave (`service.trace.histogram`), so it is read from a float's exponent: a few passes over integers, at
a tenth of what a search among edges costs on a CPU, and exact. Nothing is read back before the buffer is drained.
"""

import time
from collections.abc import Iterator
from math import inf

import numpy as np
import torch
from torch import Tensor

from service.trace.histogram import BINS, COLUMNS, LOWEST_EXPONENT, NONFINITE, HistogramChunk
from worker.flat import FlatParameters

_BUFFER_ENTRIES = 1 << 20
"""Counts on the device, of one step at least; 120 steps of a network of thirty layers."""
_AT_ONCE = {"cpu": 1 << 17, "cuda": 1 << 22}
"""Gradient entries whose exponents are held at once: what a CPU's cache holds, and what keeps a GPU busy."""
_MAGNITUDE, _MANTISSA_BITS = 2**63 - 1, 52
_ZERO_CODE = 1023 + LOWEST_EXPONENT - 1
"""One below the exponent, as float64 writes it, of the first bin."""
_SMALLEST, _LARGEST = 2.0 ** (LOWEST_EXPONENT + 1), 2.0 ** (LOWEST_EXPONENT + BINS)


class HistogramProbe:
    """Counts, at each step it is shown, the entries of each layer's gradient in every octave."""

    def __init__(self, flat: FlatParameters, names: tuple[str, ...], every: int) -> None:
        """`names`: of all placed layers. `every`: optimizer steps between two recorded ones."""
        rows = sorted({slot.row for slot in flat.slots})
        self._layers = tuple(names[row] for row in rows)
        self._every = every
        device = flat.grad.device
        place = {row: index * COLUMNS for index, row in enumerate(rows)}
        size = len(rows) * COLUMNS
        self._counts = torch.zeros(max(1, _BUFFER_ENTRIES // size), size, dtype=torch.int32, device=device)
        self._pieces = list(_pieces(flat, place, _AT_ONCE[device.type]))
        self._scratch = torch.empty(max(piece.numel() for piece, _ in self._pieces), dtype=torch.float64, device=device)
        self._one = torch.ones(1, dtype=torch.int32, device=device)
        self._beyond_float32 = flat.grad.dtype == torch.float64
        self._steps: list[int] = []
        self._times: list[float] = []
        self._drained: list[HistogramChunk] = []

    @torch.no_grad()
    def write(self, step: int) -> None:
        """Counts the gradient as it is. Copies to the host when the buffer was full, and else not."""
        if len(self._steps) == len(self._counts):
            self._empty()
        counts = self._counts[len(self._steps)].zero_()
        for entries, places in self._pieces:
            columns = self._codes(entries).add_(places).view(-1)
            counts.scatter_add_(0, columns, self._one.expand(len(columns)))
        self._steps.append(step)
        self._times.append(time.time())

    def drain(self) -> list[HistogramChunk]:
        """What was counted since the last drain."""
        self._empty()
        drained, self._drained = self._drained, []
        return drained

    def _codes(self, entries: Tensor) -> Tensor:
        """Columns of a [k, n] part of the gradient, counted from `_ZERO_CODE`; they last until the next call."""
        # Every float32 that is not zero is a normal float64, and so tells its octave by its exponent.
        magnitudes = self._scratch[: entries.numel()].view(entries.shape).copy_(entries)
        if self._beyond_float32:
            magnitudes.abs_()
            ends = magnitudes.clamp(_SMALLEST, _LARGEST)
            torch.where((magnitudes > 0) & (magnitudes < inf), ends, magnitudes, out=magnitudes)
        # One less, so that a power of two ends an octave. Zero becomes −1, NaN and infinity lie behind every bin.
        bits = magnitudes.view(torch.int64).bitwise_and_(_MAGNITUDE).sub_(1)
        return bits.bitwise_right_shift_(_MANTISSA_BITS).clamp_(_ZERO_CODE, _ZERO_CODE + NONFINITE)

    def _empty(self) -> None:
        if not self._steps:
            return
        counts = self._counts[: len(self._steps)].cpu().numpy().reshape(len(self._steps), -1, COLUMNS)
        steps, times = np.array(self._steps, np.int64), np.array(self._times, np.float64)
        # On a CPU the numbers are the buffer's own, which later steps overwrite.
        self._drained.append(HistogramChunk(self._layers, steps, times, counts.copy(), self._every))
        self._steps, self._times = [], []


def _pieces(flat: FlatParameters, place: dict[int, int], at_once: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Views [k, n] of the gradient, and [k, 1] what leads from codes to the counts of each row; at most `at_once`
    entries each."""
    for group in flat.groups:
        gradient = group.of(flat.grad)
        places = torch.tensor([[place[slot.row] - _ZERO_CODE] for slot in group.slots], device=gradient.device)
        high = max(1, at_once // gradient.shape[1])
        for rows, row_places in zip(torch.split(gradient, high), torch.split(places, high), strict=True):
            for piece in torch.split(rows, at_once, dim=1):
                yield piece, row_places
