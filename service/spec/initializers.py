"""Init schemes. Each scheme says what it draws; `worker.initialize` draws it with torch.

Matrices that share a parameter are drawn one by one, each with fans of its own: the gates of a recurrent layer, and the
query, key and value maps of attention. Fans of a convolution count the window, and the channels of one group.
"""

from typing import TYPE_CHECKING, Annotated, Literal, Self, Union

from pydantic import Field, TypeAdapter, model_validator

from service.spec.frozen import Frozen, NonNegative, Positive, Real, joined

Distribution = Literal["normal", "uniform"]


class TorchDefault(Frozen):
    """What torch.nn does on its own: Var(w) = 1 / (3 fan_in), biases uniform in ±1/√fan_in.

    Recurrent layers: all uniform in ±1/√hidden_size. Attention: Xavier for queries, keys and values as one matrix, and
    biases of zero. Embeddings: N(0, 1).
    """

    scheme: Literal["torch_default"] = "torch_default"


class Zeros(Frozen):
    """All zeros; for biases."""

    scheme: Literal["zeros"] = "zeros"


class Xavier(Frozen):
    """Var(w) = gain² · 2 / (fan_in + fan_out). Glorot & Bengio 2010."""

    scheme: Literal["xavier"] = "xavier"
    distribution: Distribution = "normal"
    gain: Positive | None = None
    """Default 1."""


class He(Frozen):
    """Var(w) = gain² / fan_in; gain² = 2, or 2 / (1 + a²) before a leaky ReLU of slope a. He et al. 2015."""

    scheme: Literal["he"] = "he"
    distribution: Distribution = "normal"
    gain: Positive | None = None
    """Default √2, or what the leaky ReLU behind the layer asks for."""


class LeCun(Frozen):
    """Var(w) = gain² / fan_in. LeCun et al. 1998."""

    scheme: Literal["lecun"] = "lecun"
    distribution: Distribution = "normal"
    gain: Positive | None = None
    """Default 1."""


class Orthogonal(Frozen):
    """A random orthogonal matrix times gain: an exact isometry in linear networks. Saxe et al. 2014."""

    scheme: Literal["orthogonal"] = "orthogonal"
    gain: Positive = 1.0


class Normal(Frozen):
    """N(mean, std²)."""

    scheme: Literal["normal"] = "normal"
    mean: Real = 0.0
    std: NonNegative = 1.0


class Uniform(Frozen):
    """U(low, high)."""

    scheme: Literal["uniform"] = "uniform"
    low: Real = 0.0
    high: Real = 1.0

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low > self.high:
            raise ValueError("uniform needs low <= high.")
        return self


class TruncatedNormal(Frozen):
    """N(mean, std²) cut at two standard deviations."""

    scheme: Literal["truncated_normal"] = "truncated_normal"
    mean: Real = 0.0
    std: Positive = 1.0


class Constant(Frozen):
    """Every entry the same; units stay identical (symmetric)."""

    scheme: Literal["constant"] = "constant"
    value: Real


class LSUV(Frozen):
    """Orthogonal, then every layer scaled until its output has unit variance on a batch. Mishkin & Matas 2016.

    Linear layers and convolutions are scaled; recurrent layers, attention, embeddings and projections of skip paths
    stay orthogonal.
    """

    scheme: Literal["lsuv"] = "lsuv"


AnyBiasInit = Annotated[
    TorchDefault | Zeros | Xavier | He | LeCun | Orthogonal | Normal | Uniform | TruncatedNormal | Constant | LSUV,
    Field(discriminator="scheme"),
]
WEIGHT_SCHEMES: tuple[type[Frozen], ...] = (
    TorchDefault, Xavier, He, LeCun, Orthogonal, Normal, Uniform, TruncatedNormal, Constant, LSUV,
)  # fmt: skip


class Init(Frozen):
    """How a layer's weights start, and its biases."""

    scheme: str
    bias: AnyBiasInit = Zeros()
    """How biases start."""


def _with_bias(scheme: type[Frozen]) -> type[Frozen]:
    default = TorchDefault() if scheme is TorchDefault else Zeros()
    return joined(f"{scheme.__name__}Init", scheme, Init, doc=scheme.__doc__, bias=(AnyBiasInit, default))


INITS = tuple(_with_bias(scheme) for scheme in WEIGHT_SCHEMES)
if TYPE_CHECKING:
    AnyInit = Init
else:
    AnyInit = Annotated[Union[INITS], Field(discriminator="scheme")]  # noqa: UP007 (built at run time)
TORCH_DEFAULT: Init = TypeAdapter(AnyInit).validate_python({"scheme": "torch_default"})
