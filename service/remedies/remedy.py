"""What a remedy is: a pure edit of a run."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import ClassVar, cast

from service.spec.frozen import Frozen, joined
from service.spec.layers import AnyLayer, Residual
from service.spec.run import RunSpec


class NothingToDo(ValueError):
    """A remedy finds nothing to act on. The message says why."""


class Remedy(Frozen):
    """An edit of an unrolled run; its docstring is what the catalogue shows."""

    kind: str
    against: ClassVar[str]
    """`vanishing` or `exploding`."""
    reference: ClassVar[str]

    def apply(self, run: RunSpec) -> RunSpec:
        """The edited run. Raises `NothingToDo` when there is nothing to act on."""
        raise TypeError(f"{type(self).__name__} must say what it edits")


@dataclass(frozen=True, slots=True)
class Variants:
    """Remedies of one kind that take the fields of what they put in, told apart by the field `discriminator`."""

    classes: tuple[type[Remedy], ...]
    discriminator: str


def with_fields_of(remedy: type[Remedy], *, put_in: Iterable[type[Frozen]], discriminator: str) -> Variants:
    """The variants of `remedy` that take the fields of each class of what it puts in."""
    classes = tuple(joined(f"{remedy.__name__}By{spec.__name__}", spec, remedy, doc=remedy.__doc__) for spec in put_in)
    return Variants(cast("tuple[type[Remedy], ...]", classes), discriminator)


Layers = tuple[AnyLayer, ...]


def edit_layers(run: RunSpec, edit: Callable[[Layers], Layers]) -> RunSpec:
    """The run with `edit` applied to every sequence of layers: inside residuals first, then the outermost."""

    def inside(layers: Layers) -> Layers:
        return edit(
            tuple(
                layer.model_copy(update={"layers": inside(layer.layers)}) if isinstance(layer, Residual) else layer
                for layer in layers
            )
        )

    network = run.network.model_copy(update={"layers": inside(run.network.layers)})
    return run.model_copy(update={"network": network})


def edit_training(run: RunSpec, **changes: object) -> RunSpec:
    """The run with fields of its training changed."""
    return run.model_copy(update={"training": run.training.model_copy(update=changes)})
