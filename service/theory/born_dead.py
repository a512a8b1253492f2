"""The chance that a network is dead before it is trained."""

from collections.abc import Sequence
from itertools import pairwise
from math import expm1, log1p

from service.spec.layers import Activation, Linear
from service.spec.network import PlacedLayer
from service.spec.run import RunSpec
from service.theory.draws import Draw, draw, fans, init_of
from service.theory.unknown import NoClosedForm


def born_dead_probability(run: RunSpec, placed: Sequence[PlacedLayer]) -> float:
    """At least this often a sample's signal ends in a ReLU layer whose units are all below zero: 1 − Π (1 − 2⁻ᴺ).

    Each of N units is so with probability ½ where its weights and biases are symmetric around zero and a linear layer
    is read directly; layers beside a skip path do not count. Lu et al. 2020.
    """
    survives = 0.0
    on_the_way = {step.name for step in run.network.layers}
    for layer, reader in pairwise(placed):
        is_relu = isinstance(reader.layer, Activation) and reader.layer.function == "relu"
        if is_relu and layer.name in on_the_way and len(layer.out_shape) == 1 and _symmetric(run, layer):
            survives += log1p(-(0.5 ** layer.out_shape[0]))
    return 0.0 - expm1(survives)


def _symmetric(run: RunSpec, placed: PlacedLayer) -> bool:
    """Whether a layer's output is as likely below zero as above, for each unit on its own."""
    if not isinstance(placed.layer, Linear):
        return False
    init = init_of(placed, run.network)
    try:
        weights = draw(init, fans(placed))
        bias = draw(init.bias, fans(placed), bias=True) if placed.layer.bias else Draw(0.0, 0.0)
    except NoClosedForm:
        return False
    return weights.mean == 0 and weights.variance > 0 and bias.mean == 0
