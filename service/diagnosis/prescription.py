"""Remedies as ready-made objects: only those that would really change this run."""

from collections import Counter
from collections.abc import Mapping

from pydantic import TypeAdapter

from service.diagnosis.evidence.slope import hidden_activations
from service.errors import InvalidExperiment
from service.remedies import AnyRemedy, Remedy, apply_all
from service.spec.activations import ACTIVATIONS
from service.spec.layers import Recurrent
from service.spec.run import RunSpec

_ANY_REMEDY: TypeAdapter[Remedy] = TypeAdapter(AnyRemedy)
_LONGEST_WARMUP = 2000
"""Steps in which Adam's second moment has settled: 2 / (1 − β₂). Ma & Yarats 2021."""

ADAM = {"kind": "optimizer", "name": "adam", "lr": 0.001}
BATCH_NORM = {"kind": "batch_norm"}
CLIP = {"kind": "clip_grad_norm", "max_norm": 1.0}
LAYER_NORM = {"kind": "layer_norm"}
SLOWER = {"kind": "learning_rate", "factor": 0.1}
HE = {"kind": "initialization", "scheme": "he"}
XAVIER = {"kind": "initialization", "scheme": "xavier"}
ORTHOGONAL = {"kind": "initialization", "scheme": "orthogonal"}
RELU = {"kind": "activation", "function": "relu"}
LEAKY_RELU = {"kind": "activation", "function": "leaky_relu", "scope": "all"}
RESIDUAL = {"kind": "residual"}

Wanted = Mapping[str, object]

_OTHERWISE: dict[str, Wanted] = {"batch_norm": LAYER_NORM}
"""What is prescribed where a remedy of this kind cannot act: on sequences, and in batches of one."""
_INITS: dict[str, Wanted] = {
    **dict.fromkeys(ACTIVATIONS, HE),
    **dict.fromkeys(("sigmoid", "tanh", "hardtanh", "softsign", "softmax", "log_softmax"), XAVIER),
    "selu": {"kind": "initialization", "scheme": "lecun"},
    "identity": ORTHOGONAL,
}


def prescribe(run: RunSpec, *wanted: Wanted | None) -> tuple[Remedy, ...]:
    """Those of `wanted`, in this order, that act on `run` alone and behind the ones before them, one of a kind.

    A normalization that cannot act on this run is replaced by one that can.
    """
    prescribed: list[Remedy] = []
    remedied = run
    for fields in filter(None, wanted):
        if fields["kind"] in {remedy.kind for remedy in prescribed}:
            continue
        for choice in filter(None, (fields, _OTHERWISE.get(str(fields["kind"])))):
            remedy = _ANY_REMEDY.validate_python(choice)
            behind = _after(remedied, remedy)
            if behind and _after(run, remedy):
                prescribed.append(remedy)
                remedied = behind
                break
    return tuple(prescribed)


def _after(run: RunSpec, remedy: Remedy) -> RunSpec | None:
    """The run after a remedy; nothing where the remedy does not act on it."""
    try:
        return apply_all(run, [remedy])
    except InvalidExperiment:
        return None


def fitting_init(run: RunSpec) -> Wanted:
    """The init that keeps the signal's size behind the activation function this run has most of.

    Over time the same matrix acts again and again, and only an orthogonal one keeps every direction. Saxe et al. 2014.
    """
    if any(isinstance(placed.layer, Recurrent) for placed in run.placed()):
        return ORTHOGONAL
    functions = Counter(layer.function for layer in hidden_activations(run).values())
    return _INITS[functions.most_common(1)[0][0]] if functions else ORTHOGONAL


def adaptive(run: RunSpec) -> Wanted | None:
    """Adam, whose steps are as long whether the gradient vanishes or not; nothing where the run has its like."""
    return ADAM if run.training.optimizer.name == "sgd" else None


def warmup(run: RunSpec, since: int) -> Wanted | None:
    """A tenth of the run to warm up over; nothing where the trouble began later than that, at step `since`."""
    steps = min(run.total_steps // 10, _LONGEST_WARMUP)
    return {"kind": "warmup", "steps": steps} if steps >= 2 and since < steps else None
