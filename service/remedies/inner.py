"""Nonlinearities that are part of a layer: no edit can swap them or put anything before them."""

from collections.abc import Collection

from service.spec.run import RunSpec

_INNER = {"rnn": "recurrence", "lstm": "gates", "gru": "gates", "self_attention": "softmax"}


def unreachable(run: RunSpec, reached: Collection[str] = ()) -> str:
    """A sentence, after a blank, on the layers whose nonlinearity is out of a remedy's reach; empty without any.

    `reached` are the kinds that the remedy does act on.
    """
    kinds = dict.fromkeys(placed.layer.kind for placed in run.placed())
    parts = [f"the {_INNER[kind]} of {kind}" for kind in kinds if kind in _INNER and kind not in reached]
    if not parts:
        return ""
    return f" Out of reach, as part of their layer: {', '.join(parts)}."
