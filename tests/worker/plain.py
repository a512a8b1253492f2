"""The slow, obvious version: a plain PyTorch loop with hooks, `.item()` and a loop over layers, metric by metric."""

from collections.abc import Iterable
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

NORMS = ("batch_norm", "layer_norm", "group_norm")
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
        first = engine.batches.at(0)[0]
        batch = first.float() if first.is_floating_point() else first
        initialize(network, run.network, engine.placed, run.training.seed, batch)
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
                if y.requires_grad:
                    y.retain_grad()
                outputs.append(y)
                x = y
            return x

        return through(self.tree, x), inputs, outputs


def run_plainly(run: RunSpec, engine: Engine) -> PlainRun:
    """What a careful user would write by hand. `engine` lends its data; its network is not touched."""
    torch.manual_seed(run.training.seed)
    model = _Plain(run, engine).to(engine.flat.value.dtype)
    optimizer = resolve(run.training.optimizer.target)(model.parameters(), **run.training.optimizer.arguments())
    noted = PlainRun()
    training = run.training
    matrices = [
        parameter
        for part, layer in zip(model.parts, engine.placed, strict=True)
        if layer.has_weight
        for name, parameter in part.named_parameters()
        if not is_bias(name)
    ]
    for step in range(run.total_steps):
        optimizer.param_groups[0]["lr"] = training.learning_rate(step, run.total_steps)
        noted.curve("lr", optimizer.param_groups[0]["lr"])
        optimizer.zero_grad()
        passes = [model(x) for x in engine.batches.at(step)[0].split(run.micro_batch_size)]
        out = torch.cat([out for out, _, _ in passes])
        inputs, outputs = _joined([part for _, part, _ in passes]), _joined([part for _, _, part in passes])
        _, y, classes = engine.batches.at(step)
        loss = loss_function(training.loss)(out, y)
        penalty = torch.zeros(())
        for weight in matrices:
            penalty = penalty + (training.l2 or 0) * weight.square().sum() + (training.l1 or 0) * weight.abs().sum()
        loss.backward(retain_graph=True)
        deltas = _joined([[y.grad if y.requires_grad else y for y in part] for _, _, part in passes])
        _note_signals(noted, engine, model, inputs, outputs, deltas)
        before = [{n: p.detach().clone() for n, p in part.named_parameters()} for part in model.parts]
        for part, layer in zip(model.parts, engine.placed, strict=True):
            grads = {n: p.grad.double() for n, p in part.named_parameters()}
            if grads:
                noted.note("grad_norm", layer.name, _norm(grads.values()))
                noted.note("grad_max", layer.name, max(g.abs().max() for g in grads.values()))
            if biases := [g for n, g in grads.items() if is_bias(n)]:
                noted.note("bias_grad_norm", layer.name, _norm(biases))
        if penalty.requires_grad:
            penalty.backward()
        noted.curve("loss", loss)
        noted.curve("accuracy", (out.argmax(-1) == classes).double().mean())
        parameters = list(model.parameters())
        noted.curve("grad_norm", _norm(p.grad for p in parameters if p.grad is not None))
        if training.clip_grad_value:
            nn.utils.clip_grad_value_(parameters, training.clip_grad_value)
        if training.clip_grad_norm:
            nn.utils.clip_grad_norm_(parameters, training.clip_grad_norm)
        noted.curve("grad_norm_clipped", _norm(p.grad for p in parameters if p.grad is not None))
        optimizer.step()
        if training.max_norm:
            for unit in (unit for weight in matrices for unit in weight.detach()):
                unit.mul_(min(1.0, training.max_norm / unit.norm().item()))
        for part, layer, old in zip(model.parts, engine.placed, before, strict=True):
            weights = {n: p for n, p in part.named_parameters() if not is_bias(n)}
            if weights:
                norm = _norm(old[n] for n in weights)
                noted.note("weight_norm", layer.name, norm)
                noted.note("update_ratio", layer.name, _norm(p.detach() - old[n] for n, p in weights.items()) / norm)
    return noted


def is_bias(name: str) -> bool:
    return name.rsplit(".", maxsplit=1)[-1].removeprefix("in_proj_").startswith("bias")


def _norm(tensors: Iterable[Tensor]) -> Tensor:
    return torch.cat([tensor.double().reshape(-1) for tensor in tensors]).norm()  # type: ignore[no-any-return]


def _joined(parts: list[list[Tensor]]) -> list[Tensor]:
    """Layer by layer, the micro-batches behind one another."""
    return [torch.cat(of_layer) for of_layer in zip(*parts, strict=True)]


def _note_signals(
    noted: PlainRun,
    engine: Engine,
    model: _Plain,
    inputs: list[Tensor],
    outputs: list[Tensor],
    deltas: list[Tensor],
) -> None:
    source, channels_first = None, False
    for row, layer in enumerate(engine.placed):
        output, kind = outputs[row].detach().double(), layer.layer.kind
        reader = engine.placed[row + 1].layer.kind if row + 1 < len(outputs) else None
        recurrent = kind in ("rnn", "lstm", "gru")
        if layer.has_weight:
            noted.note("delta_norm", layer.name, deltas[row].double().norm())
            channels_first = kind in ("conv1d", "conv2d") or (kind == "residual" and channels_first)
        if recurrent or (
            (kind in ("activation", "residual") or layer.parameters) and reader not in ("activation", *NORMS)
        ):
            noted.note("activation_mean", layer.name, output.mean())
            noted.note("activation_std", layer.name, output.std(correction=0))
        if kind == "rnn":
            noted.note("saturated_fraction", layer.name, (1 - output**2 < 0.01).double().mean())
        if kind == "activation":
            function = layer.layer.function
            if function == "relu":
                units = output.unbind(1 if channels_first else -1)
                noted.note("dead_fraction", layer.name, sum(bool((unit == 0).all()) for unit in units) / len(units))
            elif source is not None:
                grad = model.parts[source].weight.grad
                silent = sum(bool((grad[unit] == 0).all()) for unit in range(len(grad)))
                noted.note("dead_fraction", layer.name, silent / len(grad))
            if function in SLOPES:
                slope, largest = SLOPES[function]
                z = inputs[row].detach().double()
                noted.note("saturated_fraction", layer.name, (slope(z) < 0.01 * largest).double().mean())
        if kind not in NORMS:
            source = row if kind in ("linear", "conv1d", "conv2d") else None
