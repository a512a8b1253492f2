"""Where sequences begin: vectors for tokens, and for positions."""

from dataclasses import replace

import numpy as np

from service.spec.initializers import Normal, TorchDefault
from service.spec.layers import Embedding, PositionalEncoding
from service.spec.network import PlacedLayer
from service.theory.draws import Draw, Fans, draw
from service.theory.passages.pull import Pull, closed, unchanged
from service.theory.signal import Signal
from service.theory.unknown import NoClosedForm

_POSITIONS_VARIANCE = 0.02**2
_SINE = 0.5


def embedding(placed: PlacedLayer, layer: Embedding, signal: Signal) -> tuple[Signal, Pull]:
    """A row of independent entries for each token. Nothing lies in front of it."""
    rows, width = placed.parameter_shapes["weight"]
    ones = np.ones((1,) * (1 + len(placed.out_shape)))
    behind = replace(signal, units=len(placed.out_shape) - 1, dropped=False)
    pull = closed("tokens have no gradient")
    scheme = Normal() if layer.init is None or isinstance(layer.init, TorchDefault) else layer.init
    try:
        entry: Draw = draw(scheme, Fans(width, rows, rows))
    except NoClosedForm as unknown:
        return replace(behind, gaussian=False).lost(str(unknown)), pull
    second = (entry.variance + entry.mean**2) * ones
    return replace(
        behind, second=second, mean=entry.mean * ones, common=None, gaussian=isinstance(scheme, Normal), why=""
    ), pull


def positional_encoding(layer: PositionalEncoding, signal: Signal) -> tuple[Signal, Pull]:
    """Adds what does not depend on the signal; sin² and cos² of the same angle are ½ on average."""
    added = _POSITIONS_VARIANCE if layer.learned else _SINE
    if signal.second is None or signal.mean is None or float(np.abs(signal.mean).max()) > 0:
        return replace(signal, gaussian=False).lost("how it lies to its positions is not known"), unchanged
    common = None if signal.common is None else signal.common + added
    behind = replace(
        signal, second=signal.second + added, common=common, gaussian=signal.gaussian and layer.learned,
        mean=signal.mean if layer.learned else None,
    )  # fmt: skip
    return behind, unchanged
