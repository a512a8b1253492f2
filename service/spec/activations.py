"""The activation functions: one table entry each, and the fields that carry their parameters."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Self, get_args

from pydantic import model_validator

from service.spec.frozen import Frozen, NonNegative, Real

FunctionName = Literal[
    "sigmoid", "tanh", "hardtanh", "softsign", "relu", "leaky_relu", "prelu", "elu", "selu", "gelu",
    "silu", "mish", "softplus", "exponential", "softmax", "log_softmax", "identity",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Function:
    """What the spec knows of an activation function."""

    doc: str
    target: str
    reference: str = ""
    parameters: Mapping[str, float] = field(default_factory=dict)
    """Parameters with PyTorch's defaults."""
    arguments: Mapping[str, object] = field(default_factory=dict)
    """Arguments PyTorch needs that are no parameters of ours."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Our parameter name → PyTorch's, where they differ."""
    saturates: bool = False
    """Bounded on both sides: its derivative dies for large inputs of either sign."""
    zero_below: bool = False
    """Exactly zero on a half-line, so a unit can die."""


ACTIVATIONS: dict[str, Function] = {
    "sigmoid": Function("1 / (1 + e⁻ˣ); slope at most 1/4.", "torch.nn:Sigmoid", saturates=True),
    "tanh": Function("Hyperbolic tangent; slope 1 at zero.", "torch.nn:Tanh", "LeCun et al. 1998", saturates=True),
    "hardtanh": Function(
        "Clamped to [min_val, max_val].", "torch.nn:Hardtanh", "Collobert 2004",
        parameters={"min_val": -1.0, "max_val": 1.0}, saturates=True,
    ),
    "softsign": Function("x / (1 + |x|).", "torch.nn:Softsign", "Bergstra et al. 2009", saturates=True),
    "relu": Function("max(0, x).", "torch.nn:ReLU", "Nair & Hinton 2010", zero_below=True),
    "leaky_relu": Function(
        "x above zero, negative_slope · x below.", "torch.nn:LeakyReLU", "Maas et al. 2013",
        parameters={"negative_slope": 0.01},
    ),
    "prelu": Function(
        "Leaky ReLU whose slope is learned; negative_slope is its start value.", "torch.nn:PReLU", "He et al. 2015",
        parameters={"negative_slope": 0.25}, renamed={"negative_slope": "init"},
    ),
    "elu": Function(
        "x above zero, alpha · (eˣ − 1) below.", "torch.nn:ELU", "Clevert et al. 2015", parameters={"alpha": 1.0}
    ),
    "selu": Function("Self-normalizing ELU; use with LeCun init.", "torch.nn:SELU", "Klambauer et al. 2017"),
    "gelu": Function("x · Φ(x).", "torch.nn:GELU", "Hendrycks & Gimpel 2016"),
    "silu": Function("x · sigmoid(x).", "torch.nn:SiLU", "Elfwing et al. 2017"),
    "mish": Function("x · tanh(softplus(x)).", "torch.nn:Mish", "Misra 2019"),
    "softplus": Function(
        "log(1 + e^(beta·x)) / beta.", "torch.nn:Softplus", "Dugas et al. 2001",
        parameters={"beta": 1.0, "threshold": 20.0},
    ),
    "exponential": Function("eˣ; explodes easily.", "worker.modules.exponential:Exponential"),
    "softmax": Function("Probabilities over the last dimension.", "torch.nn:Softmax", arguments={"dim": -1}),
    "log_softmax": Function("Log-probabilities over the last dimension.", "torch.nn:LogSoftmax", arguments={"dim": -1}),
    "identity": Function("x.", "torch.nn:Identity"),
}  # fmt: skip
assert set(ACTIVATIONS) == set(get_args(FunctionName))  # noqa: S101 (a table and its type, checked at import)


class ActivationFunction(Frozen):
    """A function and its parameters; a parameter that the function does not have is refused."""

    function: FunctionName
    negative_slope: Real | None = None
    alpha: NonNegative | None = None
    beta: NonNegative | None = None
    threshold: Real | None = None
    min_val: Real | None = None
    max_val: Real | None = None

    @model_validator(mode="before")
    @classmethod
    def _defaults(cls, values: object) -> object:
        if isinstance(values, dict) and (entry := ACTIVATIONS.get(str(values.get("function")))):
            return {**entry.parameters, **values}
        return values

    @model_validator(mode="after")
    def _own_parameters(self) -> Self:
        known = ACTIVATIONS[self.function].parameters
        for name in ("negative_slope", "alpha", "beta", "threshold", "min_val", "max_val"):
            if getattr(self, name) is not None and name not in known:
                raise ValueError(f"{self.function} has no parameter {name}; it takes {sorted(known) or 'none'}.")
        if self.function == "hardtanh" and self.parameters["min_val"] >= self.parameters["max_val"]:
            raise ValueError("hardtanh needs min_val < max_val.")
        if self.function == "softplus" and not self.parameters["beta"] > 0:
            raise ValueError("softplus needs beta > 0.")
        return self

    @property
    def parameters(self) -> dict[str, float]:
        """The function's parameters by our names."""
        return {name: getattr(self, name) for name in ACTIVATIONS[self.function].parameters}

    @property
    def entry(self) -> Function:
        """The table entry of this function."""
        return ACTIVATIONS[self.function]
