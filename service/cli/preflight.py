"""What would be trained, and what it takes, as tables."""

from collections.abc import Iterator
from itertools import islice

from rich import box
from rich.console import Console
from rich.filesize import decimal
from rich.table import Table

from gradclinic.errors import Json

_MOST_FIELDS = 3


def show(console: Console, told: Json) -> None:
    """The layers of an experiment, what its remedies change, what it takes and whether it is admitted."""
    console.print(_layers(console, told["layers"]))
    if told["diff"]:
        console.print(_changes(console, told["diff"]))
    for line in (*_totals(told), *told["warnings"], *_refusals(told["admission"])):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _layers(console: Console, layers: list[Json]) -> Table:
    table = _table(console, "layer", "function", "shape", "parameters", "flops", right=3)
    for layer in layers:
        shape = " × ".join(map(str, layer["shape"]))
        table.add_row(layer["layer"], layer["function"] or "", shape, f"{layer['parameters']:,}", f"{layer['flops']:,}")
    return table


def _changes(console: Console, changes: list[Json]) -> Table:
    table = _table(console, "remedy", "changes", "from", "to")
    for change in changes:
        table.add_row(change["kind"], change["path"], _value(change["before"]), _value(change["after"]))
    return table


def _totals(told: Json) -> Iterator[str]:
    samples, estimate = told["samples"], told["estimate"]
    size = f"{told['parameters']:,} parameters, {told['steps']:,} steps of {samples['per_step']:,} samples"
    yield f"{size} ({samples['training']:,} to train on, {samples['validation']:,} held back)"
    seconds = estimate["cpu_seconds"]
    lasts = f"{seconds:.1g} s" if seconds < 60 else f"{seconds / 60:,.0f} min"
    held = f"{decimal(estimate['memory']['total'])} of memory, {decimal(estimate['trace_bytes'])} of traces"
    yield f"{held}, about {lasts} on one CPU core"


def _refusals(admission: Json) -> list[str]:
    exceeded = [limit for limit in admission["limits"] if not limit["admitted"]]
    return [f"Too large: {limit['pointer']}: {limit['detail']}" for limit in exceeded] or ["Admitted."]


def _value(value: object) -> str:
    """A setting or a layer in few characters: the fields it is told by come first."""
    if isinstance(value, dict):
        plain = (
            field for field in value.values() if isinstance(field, str | int | float) and not isinstance(field, bool)
        )
        return ", ".join(map(str, islice(plain, _MOST_FIELDS)))
    return "" if value is None else str(value)


def _table(console: Console, *headings: str, right: int | None = None) -> Table:
    """Columns from the one numbered `right` on stand to the right."""
    table = Table(box=box.SIMPLE_HEAD if console.is_terminal else None)
    for index, heading in enumerate(headings):
        table.add_column(heading, justify="right" if right is not None and index >= right else "left")
    return table
