"""Optimizers with PyTorch's names and defaults. A further one is one class here and its name in the union."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from service.spec.frozen import Flag, Fraction, Frozen, NonNegative, Positive

Betas = tuple[Fraction, Fraction]


class Optimizer(Frozen):
    """What every optimizer has."""

    target: ClassVar[str]
    name: str
    lr: NonNegative
    weight_decay: NonNegative = 0.0

    def arguments(self) -> dict[str, object]:
        """Arguments for torch."""
        return self.model_dump(exclude={"name", "kind"})


class SGD(Optimizer):
    """Stochastic gradient descent, with momentum if asked."""

    target = "torch.optim:SGD"
    name: Literal["sgd"] = "sgd"
    lr: NonNegative = 1e-3
    momentum: Fraction = 0.0
    dampening: NonNegative = 0.0
    nesterov: Flag = False

    @model_validator(mode="after")
    def _nesterov_needs_momentum(self) -> Self:
        if self.nesterov and (self.momentum == 0 or self.dampening != 0):
            raise ValueError("nesterov needs momentum > 0 and dampening 0.")
        return self


class RMSProp(Optimizer):
    """Divides by a running root mean square of the gradient. Tieleman & Hinton 2012."""

    target = "torch.optim:RMSprop"
    name: Literal["rmsprop"] = "rmsprop"
    lr: NonNegative = 1e-2
    alpha: Fraction = 0.99
    eps: Positive = 1e-8
    momentum: Fraction = 0.0
    centered: Flag = False


class Adam(Optimizer):
    """Momentum over root mean square, bias corrected. Kingma & Ba 2015."""

    target = "torch.optim:Adam"
    name: Literal["adam"] = "adam"
    lr: NonNegative = 1e-3
    betas: Betas = (0.9, 0.999)
    eps: Positive = 1e-8
    amsgrad: Flag = False


class AdamW(Optimizer):
    """Adam with decoupled weight decay. Loshchilov & Hutter 2019."""

    target = "torch.optim:AdamW"
    name: Literal["adamw"] = "adamw"
    lr: NonNegative = 1e-3
    betas: Betas = (0.9, 0.999)
    eps: Positive = 1e-8
    amsgrad: Flag = False
    weight_decay: NonNegative = 1e-2


OPTIMIZERS: tuple[type[Optimizer], ...] = (SGD, RMSProp, Adam, AdamW)
AnyOptimizer = Annotated[SGD | RMSProp | Adam | AdamW, Field(discriminator="name")]
