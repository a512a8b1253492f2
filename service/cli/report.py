"""What a job came to, as tables."""

from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from gradclinic.errors import Json

_STYLES = {"critical": "bold red", "warning": "yellow", "info": "cyan"}
_RESULTS = ("loss", "accuracy", "validation_loss", "validation_accuracy")


def report(console: Console, job: Json, page: str) -> None:
    """The state, the result and the findings of a job, and where to see more."""
    console.print(_headline(job), style="bold", markup=False, highlight=False, soft_wrap=True)
    if job.get("error"):
        console.print(f"  {job['error'].get('detail') or job['error'].get('title')}", markup=False, soft_wrap=True)
    if job.get("result"):
        console.print("  " + "   ".join(_results(job["result"])), markup=False, highlight=False, soft_wrap=True)
    findings = job["diagnosis"]["findings"]
    if findings:
        console.print(_findings(console, findings))
        console.print(
            f"  {findings[0]['explanation']}", markup=False, highlight=False, soft_wrap=not console.is_terminal
        )
    console.print(f"  {page}", markup=False, highlight=False, soft_wrap=True)


def compare(console: Console, sick: Json, cured: Json) -> None:
    """Two runs side by side."""
    table = Table(box=_frame(console), title=sick["name"], title_justify="left")
    table.add_column("")
    table.add_column("as sent")
    table.add_column(", ".join(remedy(each) for each in cured["experiment"]["remedies"]) or "remedied")
    table.add_row("verdict", _verdict(sick), _verdict(cured))
    for name in _RESULTS:
        values = [(job.get("result") or {}).get(name) for job in (sick, cured)]
        if any(value is not None for value in values):
            table.add_row(name.replace("_", " "), *map(number, values))
    console.print(table)


def layers(names: Sequence[str]) -> str:
    """The layers of a finding in few characters."""
    return ", ".join(names) if len(names) <= 2 else f"{names[0]} … {names[-1]} ({len(names)})"


def remedy(spec: Json) -> str:
    """A remedy in few characters: its kind and what it is set to."""
    values = [_setting(name, value) for name, value in spec.items() if name != "kind" and value not in (None, False)]
    return " ".join([spec["kind"], *values[:2]])


def _setting(name: str, value: object) -> str:
    if value is True:
        return name
    return f"× {value}" if name == "factor" else str(value)


def number(value: float | None) -> str:
    """A measured value; null stands for NaN and infinities."""
    return "not finite" if value is None else f"{value:.4g}"


def _headline(job: Json) -> str:
    return f"{job['name'] or job['id']}: {job['state']}, {_verdict(job)}"


def _verdict(job: Json) -> str:
    return str(job["diagnosis"]["verdict"] or "no verdict")


def _results(result: Json) -> Iterable[str]:
    return (f"{name.replace('_', ' ')} {number(result[name])}" for name in _RESULTS if result.get(name) is not None)


def _findings(console: Console, findings: Sequence[Json]) -> Table:
    table = Table(box=_frame(console))
    for heading in ("severity", "rule", "cause", "layers", "since step", "remedies"):
        whole = heading in {"severity", "rule", "cause"}
        table.add_column(heading, justify="right" if heading == "since step" else "left", no_wrap=whole)
    for finding in findings:
        table.add_row(
            finding["severity"],
            finding["rule"],
            finding["cause"],
            layers(finding["layers"]),
            str(finding["first_step"]),
            "; ".join(map(remedy, finding["remedies"])),
            style=_STYLES.get(finding["severity"], ""),
        )
    return table


def _frame(console: Console) -> box.Box | None:
    return box.SIMPLE_HEAD if console.is_terminal else None
