"""A run trained in this process, and the trace it left."""

from typing import Any

import torch

from service.spec.run import RunSpec, layer_rows
from service.trace.trace import Trace
from tests.experiments import resolved
from worker.train.engine import Engine

EVERYTHING = {"overhead_budget": 1000.0}


def trained(sent: dict[str, Any]) -> tuple[Trace, Engine]:
    """The trace of an experiment, with every metric at every recorded step."""
    return train(resolved({**sent, "trace": {**EVERYTHING, **sent.get("trace", {})}}))


def train(run: RunSpec) -> tuple[Trace, Engine]:
    engine = Engine(run, torch.device("cpu"), chunk_steps=64)
    trace = Trace(layer_rows(run))
    for _ in engine.train():
        if engine.recorder.full:
            trace = trace.extended(engine.recorder.drain())
    return trace.extended(engine.recorder.drain()), engine
