"""What a remedy is: a pure edit of a run."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import ClassVar, cast

from service.spec.frozen import Frozen, joined
from service.spec.layers import AnyLayer, Dropout, Flatten, Residual
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


def has_weights(run: RunSpec) -> bool:
    """Whether any layer multiplies by a weight matrix."""
    return any(placed.has_weight for placed in run.placed())


def output_layer(run: RunSpec) -> AnyLayer:
    """The layer whose output the loss reads: the last one, but for dropout and flatten."""
    behind = [layer for layer in run.network.layers if not isinstance(layer, Dropout | Flatten)]
    return behind[-1] if behind else run.network.layers[-1]


def free_name(name: str, taken: set[str]) -> str:
    """`name`, numbered if it is taken already; it is from now on."""
    free, copies = name, 1
    while free in taken:
        copies += 1
        free = f"{name} {copies}"
    taken.add(free)
    return free
