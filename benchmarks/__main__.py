"""`make bench`: runs the benchmarks, writes `benchmarks/results/*.json`, and prints a table of each."""

import json
import os
import platform
import sys
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import service_job, traced_step
from benchmarks.diagnosis import benchmark as diagnosis
from benchmarks.diagnosis import controls, reference

RESULTS = Path(__file__).with_name("results")
BENCHMARKS = {
    "traced_step": traced_step,
    "service_job": service_job,
    "diagnosis": diagnosis,
    "diagnosis_controls": controls,
}
ON_REQUEST = {"diagnosis_reference": reference}
"""Run only where named: what others rest on, and seldom changes."""


def main() -> None:
    """Runs those named on the command line, or all; ends with status 1 where a limit is exceeded or a target missed."""
    console, exceeded = Console(), False
    for name in sys.argv[1:] or BENCHMARKS:
        benchmark = (BENCHMARKS | ON_REQUEST)[name]
        rows = benchmark.run()
        RESULTS.mkdir(exist_ok=True)
        record = {"benchmark": name, "machine": _machine(), "rows": [_plain(row) for row in rows]}
        (RESULTS / f"{name}.json").write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n")
        console.print(_table(name, benchmark.__doc__ or "", rows))
        exceeded |= any(_exceeds(row) for row in rows)
    sys.exit(exceeded)


def _machine() -> dict[str, Any]:
    return {"python": platform.python_version(), "system": platform.system(), "cores": os.cpu_count()}


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {
        key: asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
        for key, value in row.items()
    }


def _exceeds(row: dict[str, Any]) -> bool:
    if row.get("missed"):
        return True
    ratio = next((value for value in row.values() if hasattr(value, "median")), None)
    return ratio is not None and bool(row.get("limit")) and ratio.median > row["limit"]


def _table(name: str, doc: str, rows: list[dict[str, Any]]) -> Table:
    table = Table(title=name, caption=doc.strip().splitlines()[0], caption_justify="left")
    for column in rows[0]:
        table.add_column(column)
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row.values()))
    return table


if __name__ == "__main__":
    main()
