"""What remedies change, as flat rows that a person can read."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from service.remedies.apply import one_by_one
from service.remedies.remedy import Layers, Remedy
from service.spec.frozen import Frozen
from service.spec.layers import Residual
from service.spec.run import RunSpec

_TOLD_BY = ("kind", "name", "scheme")
"""Fields that say what an object is: where one differs, the whole object is another."""


class Change(Frozen):
    """One change of a run. Settings are named by their path, layers by their name."""

    op: Literal["add", "remove", "replace"]
    path: str
    """`training.optimizer.lr`, or the name of a layer."""
    before: Any = None
    """The setting or layer as it was; null where it is added."""
    after: Any = None
    """The setting or layer as it is now; null where it is removed. A residual lists the names of the layers inside."""
    behind: str | None = None
    """The layer that an added or removed one follows; null where it comes first."""
    inside: str | None = None
    """The residual that an added or removed layer lies in; null outside of any."""
    remedy: int | None = None
    """Index of the remedy that made the change; null where nobody asked which."""
    kind: str | None = None
    """Kind of that remedy."""


def diff(before: RunSpec, after: RunSpec) -> list[Change]:
    """What makes `after` of `before`, two unrolled runs: layers in depth order, then settings.

    Layers are matched by their names, which every edit keeps; one that is only wrapped by a residual has not changed.
    """
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    del old["network"]["layers"], new["network"]["layers"]
    return [*_layers(before.network.layers, after.network.layers), *_settings("", old, new)]


def changes(run: RunSpec, remedies: Sequence[Remedy]) -> list[Change]:
    """What each of `remedies` changes, applied one after another to an unrolled run.

    Raises what `apply_all` raises.
    """
    told: list[Change] = []
    for index, (remedy, remedied) in enumerate(zip(remedies, one_by_one(run, remedies), strict=True)):
        by = {"remedy": index, "kind": remedy.kind}
        told += [change.model_copy(update=by) for change in diff(run, remedied)]
        run = remedied
    return told


def _layers(before: Layers, after: Layers) -> Iterator[Change]:
    old, new = _rows(before), _rows(after)
    for name, (layer, place) in old.items():
        if name not in new:
            yield Change(op="remove", path=name, before=layer, **place)
    for name, (layer, place) in new.items():
        if name not in old:
            yield Change(op="add", path=name, after=layer, **place)
        elif _without_inside(old[name][0]) != _without_inside(layer):
            yield Change(op="replace", path=name, before=old[name][0], after=layer)


_Row = tuple[dict[str, Any], dict[str, Any]]


def _rows(layers: Layers, inside: str | None = None) -> dict[str, _Row]:
    """Every layer by its name, with its place; a residual behind the layers inside it."""
    rows: dict[str, _Row] = {}
    behind = None
    for layer in layers:
        fields = layer.model_dump(mode="json", exclude={"name", "layers"}, exclude_none=True)
        if isinstance(layer, Residual):
            rows |= _rows(layer.layers, layer.name)
            fields["layers"] = [inner.name for inner in layer.layers]
        rows[str(layer.name)] = fields, {"behind": behind, "inside": inside}
        behind = layer.name
    return rows


def _without_inside(layer: Mapping[str, Any]) -> dict[str, Any]:
    return {field: value for field, value in layer.items() if field != "layers"}


def _settings(path: str, before: Any, after: Any) -> Iterator[Change]:
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict) and _same_thing(before, after):
        for field in {**before, **after}:
            yield from _settings(f"{path}.{field}" if path else field, before.get(field), after.get(field))
    elif before is None:
        yield Change(op="add", path=path, after=after)
    elif after is None:
        yield Change(op="remove", path=path, before=before)
    else:
        yield Change(op="replace", path=path, before=before, after=after)


def _same_thing(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    return all(before.get(field) == after.get(field) for field in _TOLD_BY)
