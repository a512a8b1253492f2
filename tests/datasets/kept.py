"""Datasets that are there already."""

from typing import Any

import orjson

from service.datasets.conversion import Converted
from service.datasets.keep import Quota, Sent, keep
from service.jobs.identifier import identifier
from service.store.database import Database

QUOTA = Quota(100, 1 << 40)
DESCRIPTION: dict[str, Any] = {
    "samples": 60,
    "shape": [4],
    "vocabulary": None,
    "target": {"kind": "classes", "size": 3, "class_counts": [30, 20, 10]},
}
CONTENTS: dict[str, Any] = {
    "dtype": "float32",
    "target": {"name": "y", "kind": "classes", "size": 3, "classes": ["a", "b", "c"], "counts": [30, 20, 10],
               "statistics": None},
    "columns": [],
    "statistics": {"min": 0.0, "max": 1.0, "mean": 0.5, "std": 0.1},
}  # fmt: skip


def kept(database: Database, *, size: int = 1000, quota: Quota = QUOTA, **changes: Any) -> str:
    """The id of a new dataset without files."""
    description = orjson.dumps(DESCRIPTION | changes).decode()
    converted = Converted("csv", size, description, orjson.dumps(CONTENTS).decode())
    sent = Sent("lab", "iris", "0" * 64, 123)
    return keep(database, quota, identifier("ds", 1.8e9), sent, converted).id
