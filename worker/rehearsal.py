"""A training of two steps, so that the first real one does not wait for what PyTorch and others load on first use."""

import logging

import torch

from service.experiment import Experiment
from worker import device as devices
from worker.train.engine import Engine

_log = logging.getLogger(__name__)
_PIECE = {
    "network": {
        "layers": [
            {"kind": "linear", "out_features": 8},
            {"kind": "activation", "function": "relu"},
            {"kind": "linear", "out_features": 10},
        ]
    },
    "data": {"source": {"kind": "digits"}},
    "training": {"loss": "cross_entropy", "optimizer": {"name": "adam", "lr": 0.001}, "batch_size": 32, "steps": 2},
}


def rehearse(device: str) -> None:
    """Trains on the device that `device` stands for. Raises nothing: a real job will say what is wrong."""
    try:
        run = Experiment.model_validate(_PIECE).resolved()
        engine = Engine(run, torch.device(devices.choose(device)), chunk_steps=run.total_steps)
        for _ in engine.train():
            pass
        engine.recorder.drain()
    except Exception:  # noqa: BLE001 (see above)
        _log.exception("the rehearsal failed")
