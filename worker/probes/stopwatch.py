"""How long training takes, and how long tracing takes of it."""

import time
from dataclasses import dataclass
from typing import Literal

import torch

Part = Literal["train", "parameters", "signals", "histograms"]
_WARM_UP_STEPS = 4
_SAMPLED_ON_CUDA = 64
"""On CUDA a lap waits for the device, so only the first steps and a few of every so many are timed."""


@dataclass(slots=True)
class Lap:
    """Seconds spent in one part of the step, and in how many steps."""

    seconds: float = 0.0
    count: int = 0
    last_step: int = -1

    @property
    def mean(self) -> float:
        """Seconds in a step that had this part; 0 before the first."""
        return self.seconds / self.count if self.count else 0.0


class Stopwatch:
    """Laps of a training step, summed by part."""

    def __init__(self, device: torch.device) -> None:
        self._cuda = device if device.type == "cuda" else None
        self._running = False
        self._step = -1
        self._last = 0.0
        self.laps: dict[Part, Lap] = {"train": Lap(), "parameters": Lap(), "signals": Lap(), "histograms": Lap()}

    def start(self, step: int, *, rare: bool = False) -> None:
        """Begins a step; a `rare` one is timed wherever it falls."""
        sampled = self._cuda is None or rare or step < _SAMPLED_ON_CUDA or step % 256 < 2
        self._running, self._step = sampled and step >= _WARM_UP_STEPS, step
        self._last = self._now()

    def lap(self, part: Part) -> None:
        """Counts the time since the last lap to `part`."""
        if self._running:
            now = self._now()
            lap = self.laps[part]
            lap.seconds += now - self._last
            if lap.last_step != self._step:
                lap.count, lap.last_step = lap.count + 1, self._step
            self._last = now

    def _now(self) -> float:
        if self._cuda is not None and self._running:
            torch.cuda.synchronize(self._cuda)
        return time.perf_counter()
