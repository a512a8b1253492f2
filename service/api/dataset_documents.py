"""A dataset as JSON."""

from collections.abc import Iterable
from typing import Any

import orjson

from service.api.documents import moment
from service.store.tables import Dataset


def dataset_document(dataset: Dataset) -> bytes:
    """The dataset as `service.api.views.datasets.DatasetView` describes it."""
    return orjson.dumps(_dataset(dataset))


def datasets_document(datasets: Iterable[Dataset], next_cursor: str | None) -> bytes:
    """A page as `service.api.views.datasets.DatasetPage` describes it."""
    data = [_short(_dataset(dataset)) for dataset in datasets]
    return orjson.dumps({"data": data, "has_more": next_cursor is not None, "next_cursor": next_cursor})


def dataset_path(dataset_id: str) -> str:
    """Where a dataset lives."""
    return f"/v1/datasets/{dataset_id}"


def _dataset(dataset: Dataset) -> dict[str, Any]:
    description, contents = orjson.loads(dataset.description), orjson.loads(dataset.contents)
    return {
        "id": dataset.id,
        "name": dataset.name,
        "created_at": moment(dataset.created_at),
        "format": dataset.format,
        "bytes": dataset.uploaded_bytes,
        "sha256": dataset.sha256,
        "samples": description["samples"],
        "shape": description["shape"],
        "dtype": contents["dtype"],
        "vocabulary": description["vocabulary"],
        "target": contents["target"],
        "columns": contents["columns"],
        "statistics": contents["statistics"],
        "source": {"kind": "uploaded", "dataset_id": dataset.id},
        "links": {"self": dataset_path(dataset.id)},
    }


def _short(document: dict[str, Any]) -> dict[str, Any]:
    """Without what grows with the number of columns and classes."""
    target = {key: document["target"][key] for key in ("name", "kind", "size")}
    return {key: value for key, value in document.items() if key != "columns"} | {"target": target}
