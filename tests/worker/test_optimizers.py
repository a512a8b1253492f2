"""Every optimizer over one flat tensor, against the same one over separate tensors; Lion against the paper."""

from typing import Any

import pytest
import torch
from pydantic import TypeAdapter
from torch import Tensor

from service.spec.optimizers import OPTIMIZERS, AnyOptimizer, Optimizer
from tests.experiments import body, resolved
from worker.build import build
from worker.flat import FlatParameters
from worker.lion import Lion
from worker.targets import resolve
from worker.train.engine import optimizer_over, update_of

STEPS = 12
SPECS: list[dict[str, Any]] = [
    *({"name": spec.model_fields["name"].default} for spec in OPTIMIZERS),
    {"name": "sgd", "lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1},
    {"name": "sgd", "lr": 0.1, "momentum": 0.9, "dampening": 0.5},
    {"name": "rmsprop", "centered": True, "momentum": 0.5, "weight_decay": 0.1},
    {"name": "adam", "amsgrad": True, "betas": [0.5, 0.9], "eps": 1e-3, "weight_decay": 0.1},
    {"name": "adamw", "amsgrad": True, "lr": 0.1},
    {"name": "adagrad", "lr_decay": 0.1, "initial_accumulator_value": 0.5, "eps": 1e-3, "weight_decay": 0.1},
    {"name": "adadelta", "rho": 0.5, "eps": 1e-3, "weight_decay": 0.1},
    {"name": "nadam", "momentum_decay": 0.1, "decoupled_weight_decay": True, "weight_decay": 0.1, "betas": [0.5, 0.9]},
    {"name": "radam", "decoupled_weight_decay": True, "weight_decay": 0.1, "lr": 0.1},
    {"name": "lion", "lr": 0.1, "betas": [0.5, 0.8], "weight_decay": 0.1},
]  # fmt: skip


def spec_of(sent: dict[str, Any]) -> Optimizer:
    spec: Optimizer = TypeAdapter(AnyOptimizer).validate_python(sent)
    return spec


def lr_at(step: int, lr: float) -> float:
    return lr / (1 + step // 4)


def moved(flat: FlatParameters, parameters: list[Tensor], optimizer: torch.optim.Optimizer, lr: float) -> Tensor:
    """The parameters behind some steps along random gradients, one of them zero, at a learning rate that falls."""
    draws = torch.Generator().manual_seed(0)
    is_flat = len(parameters) == 1
    step_on = update_of(optimizer) if is_flat else optimizer.step
    for step in range(STEPS):
        grads = [torch.randn(p.shape, generator=draws) * (step != 5) * 10 ** (step % 3) for p in flat.parameters]
        if is_flat:
            flat.take(grads)
        else:
            for parameter, grad in zip(parameters, grads, strict=True):
                parameter.grad = grad
        optimizer.param_groups[0]["lr"] = lr_at(step, lr)
        step_on()
    return torch.cat([parameter.detach().reshape(-1) for parameter in parameters])


def flat_parameters() -> FlatParameters:
    torch.manual_seed(0)
    run = resolved(body())
    return FlatParameters(build(run.placed(), run.network.layers).layers, run.placed(), torch.device("cpu"))


@pytest.mark.parametrize("sent", SPECS, ids=lambda sent: " ".join(map(str, sent.values())))
def test_one_flat_tensor_moves_as_separate_ones_do(sent: dict[str, Any]) -> None:
    spec, flat = spec_of(sent), flat_parameters()
    apart = [parameter.detach().clone().requires_grad_() for parameter in flat.parameters]
    plain = resolve(spec.target)(apart, **spec.arguments())
    expected = moved(flat, apart, plain, spec.lr)
    found = moved(flat, [flat.value], optimizer_over(flat.value, spec), spec.lr)
    torch.testing.assert_close(found, expected, rtol=2e-5, atol=1e-7)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_lion_is_the_papers(dtype: torch.dtype) -> None:
    """Chen et al. 2023, algorithm 2, number by number."""
    lr, first, second, decay = 0.01, 0.9, 0.99, 0.1
    start = torch.linspace(-1, 1, 7, dtype=dtype)
    parameter = start.clone().requires_grad_()
    optimizer = Lion([parameter], lr=lr, betas=(first, second), weight_decay=decay)
    weights, momenta = start.tolist(), [0.0] * len(start)
    draws = torch.Generator().manual_seed(0)
    for _ in range(20):
        grad = torch.randn(len(start), generator=draws, dtype=dtype)
        parameter.grad = grad
        optimizer.step()
        for i, g in enumerate(grad.tolist()):
            interpolated = first * momenta[i] + (1 - first) * g
            weights[i] -= lr * ((interpolated > 0) - (interpolated < 0) + decay * weights[i])
            momenta[i] = second * momenta[i] + (1 - second) * g
    torch.testing.assert_close(parameter.detach(), torch.tensor(weights, dtype=dtype))
