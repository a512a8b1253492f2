"""A trace in no more points than a picture has room for."""

from dataclasses import replace

import numpy as np

from gradclinic.series import Trace


def thinned(trace: Trace, points: int) -> Trace:
    """The trace in at most `points` points; neither a spike nor a value that is not finite gets lost between them."""
    count = len(trace.steps)
    if count <= points:
        return trace
    width = -(-count // points)
    starts = np.arange(0, count, width)
    extreme = np.fmin if trace.agg == "min" else np.fmax
    return replace(
        trace,
        steps=trace.steps[starts],
        values=extreme.reduceat(trace.values, starts, axis=1),
        nonfinite=np.add.reduceat(trace.nonfinite, starts, axis=1),
        bucket_steps=trace.bucket_steps * width,
    )
