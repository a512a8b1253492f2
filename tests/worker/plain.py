"""The slow, obvious version: a plain PyTorch loop with hooks, `.item()` and a loop over layers, metric by metric."""

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from service.spec.layers import Residual
from service.spec.run import RunSpec
from worker.build import build
from worker.initialize import initialize
from worker.targets import resolve
from worker.train.engine import Engine
from worker.train.objective import loss_function

SLOPES = {
    "tanh": (lambda z: 1 - torch.tanh(z) ** 2, 1.0),
    "sigmoid": (lambda z: torch.sigmoid(z) * (1 - torch.sigmoid(z)), 0.25),
    "relu": (lambda z: (z > 0).double(), 1.0),
    "softsign": (lambda z: 1 / (1 + z.abs()) ** 2, 1.0),
    "elu": (lambda z: torch.where(z > 0, 1.0, z.exp()), 1.0),
    "selu": (lambda z: 1.0507009873554805 * torch.where(z > 0, 1.0, 1.6732632423543772 * z.exp()), 1.7580993408473766),
    "softplus": (torch.sigmoid, 1.0),
    "hardtanh": (lambda z: (z.abs() < 1).double(), 1.0),
}


@dataclass
class PlainRun:
    """metric → layer → value a step, and curve → value a step."""

    metrics: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    curves: dict[str, list[float]] = field(default_factory=dict)

    def note(self, metric: str, layer: str, value: Any) -> None:
        self.metrics.setdefault(metric, {}).setdefault(layer, []).append(torch.as_tensor(value).detach().item())

    def curve(self, name: str, value: Any) -> None:
        self.curves.setdefault(name, []).append(torch.as_tensor(value).detach().item())


class _Plain(nn.Module):
    """The unrolled layers one by one, keeping inputs and outputs."""

    def __init__(self, run: RunSpec, engine: Engine) -> None:
        super().__init__()
        network = build(engine.placed, run.network.layers)
        initialize(network, run.network, engine.placed, run.training.seed, engine.batches.at(0)[0])
        self.parts = network.layers
        self.tree = run.network.layers

    def forward(self, x: Tensor) -> tuple[Tensor, list[Tensor], list[Tensor]]:
        inputs: list[Tensor] = []
        outputs: list[Tensor] = []

        def through(layers: Any, x: Tensor) -> Tensor:
            for layer in layers:
                if isinstance(layer, Residual):
                    inside = through(layer.layers, x)
                    inputs.append(x)
                    y = inside + self.parts[len(outputs)](x)
                else:
                    inputs.append(x)
                    y = self.parts[len(outputs)](x)
                y.retain_grad()
                outputs.append(y)
                x = y
            return x

        return through(self.tree, x), inputs, outputs


def run_plainly(run: RunSpec, engine: Engine) -> PlainRun:
    """What a careful user would write by hand. `engine` lends its data; its network is not touched."""
    torch.manual_seed(run.training.seed)
    model = _Plain(run, engine)
    optimizer = resolve(run.training.optimizer.target)(model.parameters(), **run.training.optimizer.arguments())
    noted = PlainRun()
    training = run.training
    matrices = [part.weight for part, layer in zip(model.parts, engine.placed, strict=True) if layer.has_weight]
    for step in range(run.total_steps):
        x, y, classes = engine.batches.at(step)
        optimizer.zero_grad()
        out, inputs, outputs = model(x)
        loss = loss_function(training.loss)(out, y)
        penalty = torch.zeros(())
        for weight in matrices:
            penalty = penalty + (training.l2 or 0) * weight.square().sum() + (training.l1 or 0) * weight.abs().sum()
        loss.backward(retain_graph=True)
        _note_signals(noted, engine, model, inputs, outputs)
        before = [{n: p.detach().clone() for n, p in part.named_parameters()} for part in model.parts]
        for part, layer in zip(model.parts, engine.placed, strict=True):
            grads = {n: p.grad.double() for n, p in part.named_parameters()}
            if grads:
                noted.note("grad_norm", layer.name, sum(g.square().sum() for g in grads.values()).sqrt())
                noted.note("grad_max", layer.name, max(g.abs().max() for g in grads.values()))
            if "bias" in grads:
                noted.note("bias_grad_norm", layer.name, grads["bias"].norm())
        if penalty.requires_grad:
            penalty.backward()
        noted.curve("loss", loss)
        noted.curve("accuracy", (out.argmax(-1) == classes).double().mean())
        parameters = list(model.parameters())
        noted.curve("grad_norm", torch.stack([p.grad.double().norm() for p in parameters]).norm())
        if training.clip_grad_value:
            nn.utils.clip_grad_value_(parameters, training.clip_grad_value)
        if training.clip_grad_norm:
            nn.utils.clip_grad_norm_(parameters, training.clip_grad_norm)
        noted.curve("grad_norm_clipped", torch.stack([p.grad.double().norm() for p in parameters]).norm())
        optimizer.step()
        for part, layer, old in zip(model.parts, engine.placed, before, strict=True):
            if "weight" in old:
                norm = old["weight"].double().norm()
                noted.note("weight_norm", layer.name, norm)
                noted.note("update_ratio", layer.name, (part.weight - old["weight"]).double().norm() / norm)
    return noted


def _note_signals(noted: PlainRun, engine: Engine, model: _Plain, inputs: list[Tensor], outputs: list[Tensor]) -> None:
    source = None
    for row, layer in enumerate(engine.placed):
        output, kind = outputs[row].detach().double(), layer.layer.kind
        reader = engine.placed[row + 1].layer.kind if row + 1 < len(outputs) else None
        if layer.has_weight:
            noted.note("delta_norm", layer.name, outputs[row].grad.double().norm())
        if (kind in ("activation", "residual") or layer.parameters) and reader not in (
            "activation", "batch_norm", "layer_norm",
        ):  # fmt: skip
            noted.note("activation_mean", layer.name, output.mean())
            noted.note("activation_std", layer.name, output.std(correction=0))
        if kind == "activation":
            function = layer.layer.function
            if function == "relu":
                dead = sum(bool((output[:, unit] == 0).all()) for unit in range(output.shape[1]))
                noted.note("dead_fraction", layer.name, dead / output.shape[1])
            elif source is not None:
                grad = model.parts[source].weight.grad
                silent = sum(bool((grad[unit] == 0).all()) for unit in range(len(grad)))
                noted.note("dead_fraction", layer.name, silent / len(grad))
            if function in SLOPES:
                slope, largest = SLOPES[function]
                z = inputs[row].detach().double()
                noted.note("saturated_fraction", layer.name, (slope(z) < 0.01 * largest).double().mean())
        if kind not in ("batch_norm", "layer_norm"):
            source = row if kind == "linear" else None
