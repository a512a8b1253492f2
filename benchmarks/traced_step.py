"""A step of the worker with all ten metrics of every layer, over the step of the plain loop a user would write.

The plain loop traces nothing: default `torch.optim`, `zero_grad`, `backward`, `step`. The peer that traces does what
tutorials show: hooks on every module, and `.item()` for every statistic.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.paired import paired
from service.experiment import Experiment
from worker.train.engine import Engine

NETWORKS = {
    "30×64 tanh MLP, SGD": (30, 64, "sgd"),
    "30×64 tanh MLP, Adam": (30, 64, "adam"),
    "30×512 tanh MLP, SGD": (30, 512, "sgd"),
}
BUDGETS = {"30×64 tanh MLP, SGD": 1.10, "30×64 tanh MLP, Adam": 1.10}
BATCH = 128
LR = 0.001


def run() -> list[dict[str, Any]]:
    """A row for each network: ours over plain, and naive hooks over plain."""
    rows = []
    for name, (depth, width, optimizer) in NETWORKS.items():
        calls = 10 if width <= 64 else 2
        engine = _engine(depth, width, optimizer)
        plain, naive = (_loop(engine, depth, width, optimizer, hooks=hooks) for hooks in (False, True))
        ours = paired(_steps_of(engine), plain, pairs=60, calls=calls, warm_up=20)
        theirs = paired(naive, plain, pairs=20, calls=calls, warm_up=5)
        rows.append(
            {"network": name, "traced / plain": ours, "hooks with .item() / plain": theirs, "limit": BUDGETS.get(name)}
        )
    return rows


def _engine(depth: int, width: int, optimizer: str) -> Engine:
    layers = [{"kind": "linear", "out_features": width}, {"kind": "activation", "function": "tanh"}]
    experiment = Experiment.model_validate(
        {
            "network": {
                "layers": [
                    {"kind": "repeat", "times": depth, "layers": layers},
                    {"kind": "linear", "out_features": 10},
                ]
            },
            "data": {"source": {"kind": "digits"}, "validation_fraction": 0.0},
            "training": {
                "loss": "cross_entropy",
                "optimizer": {"name": optimizer, "lr": LR},
                "batch_size": BATCH,
                "steps": 1_000_000,
            },
            # No thinning: every metric at every step.
            "trace": {"every": 1, "overhead_budget": 1000.0},
        }
    )
    return Engine(experiment.resolved(), torch.device("cpu"), chunk_steps=256)


def _steps_of(engine: Engine) -> Callable[[], None]:
    steps = engine.train()

    def step() -> None:
        next(steps)
        if engine.recorder.full:
            engine.recorder.drain()

    return step


def _loop(engine: Engine, depth: int, width: int, optimizer: str, *, hooks: bool) -> Callable[[], None]:
    parts: list[nn.Module] = []
    fan_in = 64
    for _ in range(depth):
        parts += [nn.Linear(fan_in, width), nn.Tanh()]
        fan_in = width
    model = nn.Sequential(*parts, nn.Linear(fan_in, 10))
    descent = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[optimizer](model.parameters(), lr=LR)
    samples, classes = engine.split.training.inputs, engine.split.training.targets
    order = torch.randperm(len(samples))
    seen: list[float] = []
    if hooks:
        _watch(model, seen)
    done = 0

    def step() -> None:
        nonlocal done
        start = done % (len(order) // BATCH) * BATCH
        chosen = order[start : start + BATCH]
        done += 1
        seen.clear()
        descent.zero_grad()
        loss = nn.functional.cross_entropy(model(samples[chosen]), classes[chosen])
        loss.backward()
        if hooks:
            seen.extend(p.grad.norm().item() for p in model.parameters() if p.grad is not None)
        descent.step()

    return step


def _watch(model: nn.Sequential, seen: list[float]) -> None:
    def forward(_module: nn.Module, _inputs: object, output: Tensor) -> None:
        seen.append(output.mean().item())
        seen.append(output.std().item())

    def backward(_module: nn.Module, _inputs: object, outputs: tuple[Tensor, ...]) -> None:
        seen.append(outputs[0].norm().item())

    for module in model:
        module.register_forward_hook(forward)
        module.register_full_backward_hook(backward)
