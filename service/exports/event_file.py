"""TensorBoard's event file, in the messages and checksums of tensorboardX.

Not by its `SummaryWriter`, which writes to a folder, one number an event, through a queue: here one event holds a step
of all layers, and 640 000 numbers take three seconds and not half a minute.
"""

import struct
from collections.abc import Iterable
from itertools import pairwise
from typing import Any, BinaryIO

from tensorboardX import summary
from tensorboardX.proto.event_pb2 import Event
from tensorboardX.proto.summary_pb2 import Summary
from tensorboardX.record_writer import masked_crc32c

_VERSION = "brain.Event:2"


class EventFile:
    """Writes events to a file that need not be seekable; TensorBoard reads every event that is whole."""

    def __init__(self, file: BinaryIO, moment: float) -> None:
        """`moment`: when the first thing happened, in seconds since the epoch."""
        self._file = file
        self._write(Event(wall_time=moment, file_version=_VERSION))

    def scalars(self, step: int, time: float, values: Iterable[tuple[str, float]]) -> None:
        """Numbers of one step, by tag."""
        found = [Summary.Value(tag=tag, simple_value=value) for tag, value in values]
        if found:
            self._write(Event(wall_time=time, step=step, summary=Summary(value=found)))

    def text(self, tag: str, time: float, markdown: str) -> None:
        """A text, for the tab of texts."""
        self._write(Event(wall_time=time, summary=summary.text(tag, markdown)))

    def histogram(self, step: int, time: float, tag: str, limits: list[float], counts: list[int]) -> None:
        """A histogram: the upper edge of each bin, ascending, and how many are in it; the first bin is empty."""
        middles = [(low + high) / 2 for low, high in pairwise(limits)]
        weighted = list(zip(middles, counts[1:], strict=True))
        told = summary.histogram_raw(
            tag,
            min=limits[0],
            max=limits[-1],
            num=sum(counts),
            sum=sum(middle * count for middle, count in weighted),
            sum_squares=sum(middle * middle * count for middle, count in weighted),
            bucket_limits=limits,
            bucket_counts=counts,
        )
        self._write(Event(wall_time=time, step=step, summary=told))

    def _write(self, event: Any) -> None:
        data: bytes = event.SerializeToString()
        length = struct.pack("<Q", len(data))
        self._file.write(b"".join([length, _checksum(length), data, _checksum(data)]))


def _checksum(data: bytes) -> bytes:
    return struct.pack("<I", masked_crc32c(data))
