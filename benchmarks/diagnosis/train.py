"""Training a case as the worker would, without the service around it."""

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

import torch

from service.spec.run import RunSpec, layer_rows
from service.trace.trace import Trace
from worker.train.engine import Engine

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")
_CHUNK_STEPS = 256


def trained(run: RunSpec) -> Trace:
    """The whole trace of a run, recorded as a job records it."""
    engine = Engine(run, torch.device("cpu"), chunk_steps=_CHUNK_STEPS)
    chunks = []
    for _ in engine.train():
        if engine.recorder.full:
            chunks += engine.recorder.drain()
    return Trace(layer_rows(run)).extended([*chunks, *engine.recorder.drain()])


def on_every_core(work: Callable[[Asked], Answer], asked: Iterable[Asked]) -> Iterator[Answer]:
    """What `work` answers to each, in order; a process for each core, with one thread of its own."""
    fresh = multiprocessing.get_context("spawn")  # torch's threads do not survive a fork
    with ProcessPoolExecutor(len(os.sched_getaffinity(0)), fresh, torch.set_num_threads, (1,)) as pool:
        yield from pool.map(work, asked)
