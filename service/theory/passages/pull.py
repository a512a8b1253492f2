"""The way back through a layer."""

from collections.abc import Callable

from service.theory.gradient import Gradient
from service.theory.signal import Signal
from service.theory.unknown import NoClosedForm

Pull = Callable[[Gradient], Gradient]
"""The gradient in front of a layer, from the one behind it. Raises `NoClosedForm`."""


def identity(signal: Signal) -> tuple[Signal, Pull]:
    """A layer that does nothing, or a skip path."""
    return signal, unchanged


def unchanged(gradient: Gradient) -> Gradient:
    """The way back through a layer that does nothing."""
    return gradient


def closed(why: str) -> Pull:
    """The way back through a layer that theory says nothing of."""

    def pull(_: Gradient) -> Gradient:
        raise NoClosedForm(why)

    return pull
