"""Remedies applied in the order given."""

from collections.abc import Iterator, Sequence

from service.errors import InvalidExperiment, RemedyHasNothingToDo
from service.remedies.remedy import NothingToDo, Remedy
from service.spec.layers.containers import MAX_LAYERS
from service.spec.network import layer_count
from service.spec.run import RunSpec, check


def apply_all(run: RunSpec, remedies: Sequence[Remedy]) -> RunSpec:
    """The run after all remedies.

    Raises `RemedyHasNothingToDo` or `InvalidExperiment`, pointing to the remedy at fault.
    """
    for remedied in one_by_one(run, remedies):
        run = remedied
    return run


def one_by_one(run: RunSpec, remedies: Sequence[Remedy]) -> Iterator[RunSpec]:
    """The run after the first remedy, after the first two, and so on. Raises as `apply_all` does."""
    seen: set[str] = set()
    for index, remedy in enumerate(remedies):
        pointer = f"/remedies/{index}"
        if remedy.kind in seen:
            detail = f"A second {remedy.kind} remedy; give at most one of a kind."
            raise InvalidExperiment(detail, errors=[{"pointer": pointer, "detail": detail}])
        seen.add(remedy.kind)
        run = _apply(run, remedy, pointer)
        yield run


def _apply(run: RunSpec, remedy: Remedy, pointer: str) -> RunSpec:
    try:
        remedied = remedy.apply(run)
    except NothingToDo as error:
        raise RemedyHasNothingToDo(str(error), errors=[{"pointer": pointer, "detail": str(error)}]) from error
    count = layer_count(remedied.network.layers)
    if count > MAX_LAYERS:
        detail = f"After this remedy there are {count} layers; at most {MAX_LAYERS} are admitted. Lower `times`."
        raise InvalidExperiment(detail, errors=[{"pointer": pointer, "detail": detail}])
    try:
        check(remedied)
    except InvalidExperiment as error:
        detail = f"After this remedy the experiment cannot be trained: {error.detail}"
        raise InvalidExperiment(detail, errors=[{"pointer": pointer, "detail": detail}]) from error
    return remedied
