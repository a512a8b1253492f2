"""Remedies as ready-made objects: only those that would really change this run."""

from collections import Counter
from collections.abc import Mapping

from pydantic import TypeAdapter

from service.diagnosis.evidence.slope import hidden_activations
from service.errors import InvalidExperiment
from service.remedies import AnyRemedy, Remedy, apply_all
from service.spec.activations import ACTIVATIONS
from service.spec.run import RunSpec

_ANY_REMEDY: TypeAdapter[Remedy] = TypeAdapter(AnyRemedy)
_ADAPTIVE = {"rmsprop", "adam", "adamw"}

ADAM = {"kind": "optimizer", "name": "adam", "lr": 0.001}
BATCH_NORM = {"kind": "batch_norm"}
CLIP = {"kind": "clip_grad_norm", "max_norm": 1.0}
HE = {"kind": "initialization", "scheme": "he"}
XAVIER = {"kind": "initialization", "scheme": "xavier"}
ORTHOGONAL = {"kind": "initialization", "scheme": "orthogonal"}
RELU = {"kind": "activation", "function": "relu"}
LEAKY_RELU = {"kind": "activation", "function": "leaky_relu", "scope": "all"}
RESIDUAL = {"kind": "residual"}

Wanted = Mapping[str, object]

_INITS: dict[str, Wanted] = {
    **dict.fromkeys(ACTIVATIONS, HE),
    **dict.fromkeys(("sigmoid", "tanh", "hardtanh", "softsign", "softmax", "log_softmax"), XAVIER),
    "selu": {"kind": "initialization", "scheme": "lecun"},
    "identity": ORTHOGONAL,
}


def prescribe(run: RunSpec, *wanted: Wanted | None) -> tuple[Remedy, ...]:
    """Those of `wanted`, in this order, that act on `run` alone and behind the ones before them, one of a kind."""
    prescribed: list[Remedy] = []
    remedied = run
    for fields in wanted:
        if fields is None or fields["kind"] in {remedy.kind for remedy in prescribed}:
            continue
        remedy = _ANY_REMEDY.validate_python(fields)
        try:
            apply_all(run, [remedy])
            remedied = apply_all(remedied, [remedy])
        except InvalidExperiment:
            continue
        prescribed.append(remedy)
    return tuple(prescribed)


def fitting_init(run: RunSpec) -> Wanted:
    """The init that keeps the signal's size behind the activation function this run has most of."""
    functions = Counter(layer.function for layer in hidden_activations(run).values())
    return _INITS[functions.most_common(1)[0][0]] if functions else ORTHOGONAL


def adaptive(run: RunSpec) -> Wanted | None:
    """Adam, whose steps are as long whether the gradient vanishes or not; nothing where the run has its like."""
    return None if run.training.optimizer.name in _ADAPTIVE else ADAM


def slower(run: RunSpec, factor: float = 10.0) -> Wanted | None:
    """The run's own optimizer with its learning rate divided by `factor`."""
    optimizer = run.training.optimizer
    return {"kind": "optimizer", **optimizer.model_dump(), "lr": optimizer.lr / factor} if optimizer.lr > 0 else None
