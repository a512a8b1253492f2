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


class Adagrad(Optimizer):
    """Divides by the root of all squared gradients so far. Duchi et al. 2011."""

    target = "torch.optim:Adagrad"
    name: Literal["adagrad"] = "adagrad"
    lr: NonNegative = 1e-2
    lr_decay: NonNegative = 0.0
    initial_accumulator_value: NonNegative = 0.0
    eps: Positive = 1e-10


class Adadelta(Optimizer):
    """Root mean square of the steps over that of the gradients, so units cancel. Zeiler 2012."""

    target = "torch.optim:Adadelta"
    name: Literal["adadelta"] = "adadelta"
    lr: NonNegative = 1.0
    rho: Fraction = 0.9
    eps: Positive = 1e-6


class NAdam(Optimizer):
    """Adam with Nesterov's momentum. Dozat 2016."""

    target = "torch.optim:NAdam"
    name: Literal["nadam"] = "nadam"
    lr: NonNegative = 2e-3
    betas: Betas = (0.9, 0.999)
    eps: Positive = 1e-8
    momentum_decay: NonNegative = 4e-3
    decoupled_weight_decay: Flag = False


class RAdam(Optimizer):
    """Adam that waits until its second moment can be trusted: a warm-up of its own. Liu et al. 2020."""

    target = "torch.optim:RAdam"
    name: Literal["radam"] = "radam"
    lr: NonNegative = 1e-3
    betas: Betas = (0.9, 0.999)
    eps: Positive = 1e-8
    decoupled_weight_decay: Flag = False


class Lion(Optimizer):
    """The sign of a momentum: every weight moves by lr. Decoupled weight decay. Chen et al. 2023."""

    target = "worker.lion:Lion"
    name: Literal["lion"] = "lion"
    lr: NonNegative = 1e-4
    betas: Betas = (0.9, 0.99)


OPTIMIZERS: tuple[type[Optimizer], ...] = (SGD, RMSProp, Adam, AdamW, Adagrad, Adadelta, NAdam, RAdam, Lion)
AnyOptimizer = Annotated[
    SGD | RMSProp | Adam | AdamW | Adagrad | Adadelta | NAdam | RAdam | Lion, Field(discriminator="name")
]
