"""Lion, which torch lacks."""

from collections.abc import Iterable

import torch
from torch import Tensor
from torch.optim import Optimizer


class Lion(Optimizer):
    """Steps by the sign of an interpolated momentum, element by element. Chen et al. 2023, algorithm 2."""

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-4,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0.0,
    ) -> None:
        """`betas`: of the interpolation whose sign is taken, and of the momentum that is kept."""
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]  # nothing here brings a closure
        """One step along the gradients at hand; decoupled weight decay, as AdamW's."""
        for group in self.param_groups:
            for parameter in group["params"]:
                self._move(parameter, group["lr"], group["betas"], group["weight_decay"])

    def _move(self, parameter: Tensor, lr: float, betas: tuple[float, float], weight_decay: float) -> None:
        grad, state = parameter.grad, self.state[parameter]
        if grad is None:
            return
        if not state:
            state["momentum"] = torch.zeros_like(parameter)
        momentum: Tensor = state["momentum"]
        parameter.mul_(1 - lr * weight_decay)
        parameter.sub_(torch.lerp(grad, momentum, betas[0]).sign_(), alpha=lr)
        momentum.lerp_(grad, 1 - betas[1])
