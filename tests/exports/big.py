"""A job of 64 layers and 10 000 steps."""

import numpy as np

from service.store.database import Database
from service.trace.chunk import Chunk
from tests.api.stories import claimed, flushed, queued
from tests.experiments import linear
from tests.exports.recorded import times

LAYERS = tuple(f"{depth:02d} linear" for depth in range(64))
STEPS = 10_000
_AT_ONCE = 250


def big(database: Database) -> str:
    """The id of a job that runs, with 640 000 numbers of one metric."""
    network = {"layers": [*(linear(8) for _ in LAYERS[1:]), linear(10)]}
    held = claimed(database, queued(database, network=network, training={"loss": "cross_entropy", "steps": STEPS}))
    random = np.random.default_rng(0)
    for first in range(0, STEPS, _AT_ONCE):
        steps = np.arange(first, first + _AT_ONCE)
        values = random.normal(size=(_AT_ONCE, len(LAYERS))).astype(np.float32)
        chunk = Chunk("layer", "grad_norm", LAYERS, steps, times(steps), values)
        flushed(database, held, first + _AT_ONCE, [chunk])
    return held.job_id
