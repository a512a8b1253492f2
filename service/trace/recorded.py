"""What a worker hands over to be stored."""

from service.trace.chunk import Chunk
from service.trace.histogram import HistogramChunk

Recorded = Chunk | HistogramChunk
