"""A step of the worker with all ten metrics of every layer, over the step of the plain loop a user would write.

As a job has it: metrics of gradients and weights at every step, those of outputs and backward signals thinned to the
budget; and with every metric at every step. The plain loop traces nothing: default `torch.optim` and threads. The peer
that traces does what tutorials show: hooks on every module, and `.item()` for every statistic.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.paired import paired
from service.experiment import Experiment
from worker import threads
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
        calls = 8 if width <= 64 else 2
        engine, full = (_engine(depth, width, optimizer, budget) for budget in (0.1, 1000.0))
        plain, naive = (_loop(engine, depth, width, optimizer, hooks=hooks) for hooks in (False, True))
        rows.append(
            {
                "network": name,
                "as a job / plain": paired(_steps_of(engine), plain, pairs=60, calls=2 * calls, warm_up=60),
                "everything / plain": paired(_steps_of(full), plain, pairs=40, calls=calls, warm_up=10),
                "hooks with .item() / plain": paired(naive, plain, pairs=20, calls=calls, warm_up=5),
                "limit": BUDGETS.get(name),
            }
        )
    return rows


def _engine(depth: int, width: int, optimizer: str, budget: float) -> Engine:
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
            "trace": {"every": 1, "overhead_budget": budget},
        }
    )
    return Engine(experiment.resolved(), torch.device("cpu"), chunk_steps=256)


def _steps_of(engine: Engine) -> Callable[[], None]:
    steps, own, usual = engine.train(), threads.worth(engine.run), torch.get_num_threads()

    def step() -> None:
        torch.set_num_threads(own)
        next(steps)
        if engine.recorder.full:
            engine.recorder.drain()
        torch.set_num_threads(usual)

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
        output.register_hook(lambda delta: seen.append(delta.norm().item()))

    for module in model:
        module.register_forward_hook(forward)
