"""Losses and accuracy against PyTorch's own functions and slow loops."""

from collections.abc import Callable
from math import isnan

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from service.spec.losses import LOSSES, LossName
from worker.data.load import Samples
from worker.train.objective import evaluate, hits, loss_function

THEIRS: dict[LossName, Callable[[Tensor, Tensor], Tensor]] = {
    "cross_entropy": functional.cross_entropy,
    "nll": functional.nll_loss,
    "bce_with_logits": functional.binary_cross_entropy_with_logits,
    "bce": functional.binary_cross_entropy,
    "mse": functional.mse_loss,
    "l1": functional.l1_loss,
    "huber": functional.huber_loss,
}
DEVICES = ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]
SHAPES = [(6, 5), (6, 1), (6, 4, 5)]


def drawn(loss: LossName, shape: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """Valid outputs in float64, and targets as `loss` reads them."""
    draw = torch.Generator().manual_seed(0)
    outputs = 2 * torch.randn(shape, generator=draw, dtype=torch.float64)
    classes = torch.randint(shape[-1], shape[:-1], generator=draw)
    if loss == "nll":
        outputs = outputs.log_softmax(dim=-1)
    if loss == "bce":
        outputs = outputs.sigmoid()
    if LOSSES[loss].reads == "indices":
        return outputs, classes
    numbers = torch.rand(shape, generator=draw, dtype=torch.float64) if "bce" in loss else 3 * torch.randn(shape)
    return outputs, numbers


def measured(function: Callable[[Tensor, Tensor], Tensor], outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    outputs = outputs.clone().requires_grad_()
    loss = function(outputs, targets)
    return loss.detach(), torch.autograd.grad(loss, outputs)[0]


def test_every_loss_is_compared() -> None:
    assert set(THEIRS) == set(LOSSES)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("loss", LOSSES)
def test_loss_and_gradient_are_pytorchs(loss: LossName, shape: tuple[int, ...]) -> None:
    outputs, targets = drawn(loss, shape)
    flat = targets.reshape(-1) if LOSSES[loss].reads == "indices" else targets.reshape(-1, shape[-1]).double()
    theirs = measured(THEIRS[loss], outputs.reshape(-1, shape[-1]), flat)
    ours, slope = measured(loss_function(loss), outputs, targets)
    torch.testing.assert_close((ours, slope.reshape(-1, shape[-1])), theirs, atol=1e-12, rtol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
@pytest.mark.parametrize("loss", LOSSES)
def test_outputs_of_half_precision_are_measured_in_float32(loss: LossName, dtype: torch.dtype) -> None:
    outputs, targets = drawn(loss, (6, 5))
    outputs = outputs.to(dtype)
    loss_of_half, slope = measured(loss_function(loss), outputs, targets)
    loss_of_whole, wanted = measured(loss_function(loss), outputs.float(), targets)
    assert (loss_of_half.dtype, slope.dtype) == (torch.float32, dtype)
    assert torch.equal(loss_of_half, loss_of_whole)
    assert torch.equal(slope, wanted.to(dtype))


@pytest.mark.parametrize("device", DEVICES)
def test_bce_at_the_ends_of_its_range_is_pytorchs(device: str) -> None:
    ends = torch.tensor([0.0, 1.0, 1e-45, 1e-7, 1 - 6e-8, 0.5], device=device)
    outputs, targets = (pair.flatten() for pair in torch.meshgrid(ends, ends[[0, 1, 5]], indexing="ij"))
    theirs = measured(functional.binary_cross_entropy, outputs, targets)
    torch.testing.assert_close(measured(loss_function("bce"), outputs, targets), theirs)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("outside", [-0.1, 1.1, 1e30, float("inf"), -float("inf"), float("nan")])
@pytest.mark.parametrize("target", [0.0, 1.0])
def test_bce_of_what_is_no_probability_is_told_and_not_raised(outside: float, target: float, device: str) -> None:
    outputs = torch.tensor([[0.5], [outside]], device=device)
    loss, slope = measured(loss_function("bce"), outputs, torch.full_like(outputs, target))
    assert isnan(loss)
    assert isnan(slope[1])
    assert slope[0] == (0.5 - target) / 0.25 / 2


@pytest.mark.parametrize("value", [float("inf"), float("nan"), 1e30])
@pytest.mark.parametrize("loss", LOSSES)
def test_no_output_makes_a_loss_fail(loss: LossName, value: float) -> None:
    outputs, targets = drawn(loss, (6, 5))
    assert loss_function(loss)(torch.full_like(outputs, value), targets).shape == ()


@pytest.mark.parametrize("shape", [(64, 5), (64, 1), (16, 4, 5), (16, 4, 1)], ids=str)
@pytest.mark.parametrize("loss", LOSSES)
def test_hits_are_those_of_a_slow_loop(loss: LossName, shape: tuple[int, ...]) -> None:
    draw = torch.Generator().manual_seed(1)
    outputs = torch.randn(shape, generator=draw)
    classes = torch.randint(max(2, shape[-1]), shape[:-1], generator=draw)
    if shape[-1] == 1:
        classes = torch.where(outputs[..., 0] < 0.25, 0, 1)  # right at neither boundary
    boundary = 0.0 if loss in {"cross_entropy", "nll", "bce_with_logits"} else 0.5
    right = 0
    for answer, label in zip(outputs.reshape(-1, shape[-1]).tolist(), classes.flatten().tolist(), strict=True):
        told = answer.index(max(answer)) if len(answer) > 1 else int(answer[0] > boundary)
        right += told == label
    assert float(hits(outputs, classes, loss)) == right


def test_real_values_have_no_hits() -> None:
    assert isnan(hits(torch.zeros(4, 1, dtype=torch.float16), None, "mse"))


@pytest.mark.parametrize("batch", [1, 7, 64, 1000])
@pytest.mark.parametrize("shape", [(5,), (4, 5)], ids=str)
def test_a_set_is_evaluated_as_one_batch_would_be(shape: tuple[int, ...], batch: int) -> None:
    network = nn.Sequential(nn.Linear(3, 5), nn.Dropout(0.5))
    inputs, classes = torch.randn(20, *shape[:-1], 3), torch.randint(5, (20, *shape[:-1]))
    loss, share = evaluate(network, Samples(inputs, classes, classes), "cross_entropy", batch=batch)
    with torch.no_grad():
        outputs = network[0](inputs)
    torch.testing.assert_close(loss.float(), functional.cross_entropy(outputs.flatten(end_dim=-2), classes.flatten()))
    assert float(share) == pytest.approx(float((outputs.argmax(-1) == classes).double().mean()))
    assert network.training
