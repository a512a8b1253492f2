"""The histograms of a job's gradients, one layer and step at a time."""

from collections.abc import Iterator
from dataclasses import dataclass

from service.exports.recording import Recording
from service.exports.tables import time_texts
from service.trace.histogram import Histogram, decode


@dataclass(frozen=True, slots=True)
class Found:
    """The histogram of one layer's gradient at one step."""

    step: int
    time: str
    """ISO 8601, UTC."""
    seconds: float
    """The same since the epoch."""
    layer: str
    histogram: Histogram


def histograms(recording: Recording) -> Iterator[Found]:
    """All there are, by step and then by depth."""
    for series in recording.of("histogram"):
        for chunk in map(decode, recording.rows(series)):
            moments = zip(chunk.steps.tolist(), time_texts(chunk.times), chunk.times.tolist(), strict=True)
            for (step, time, seconds), of_layers in zip(moments, chunk.counts, strict=True):
                for layer, counts in zip(chunk.layers, of_layers, strict=True):
                    yield Found(step, time, seconds, layer, Histogram(counts))
