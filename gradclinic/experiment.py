"""An experiment as the bytes of a request."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Experiment = Mapping[str, Any] | str | os.PathLike[str] | bytes
"""An experiment as an object, as the path of a JSON file, or as JSON."""


def body(experiment: Experiment) -> bytes:
    """What to send. Raises `OSError` where there is no such file, and `TypeError` for what JSON cannot say."""
    if isinstance(experiment, bytes):
        return experiment
    if isinstance(experiment, Mapping):
        # NaN goes through: the service says where it stands and that it is none of its numbers.
        return json.dumps(dict(experiment), default=_plain).encode()
    return Path(experiment).read_bytes()


def with_remedies(experiment: Mapping[str, Any], remedies: list[dict[str, Any]]) -> dict[str, Any]:
    """The experiment with more remedies; each takes the place of one of its kind, which there can be but one of."""
    kinds = {remedy["kind"] for remedy in remedies}
    kept = [remedy for remedy in experiment.get("remedies") or [] if remedy["kind"] not in kinds]
    return {**experiment, "remedies": [*kept, *remedies]}


def _plain(value: object) -> Any:
    """Numbers and arrays of numpy, and whatever else knows how to become plain."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"An experiment is made of numbers, texts, lists and objects; {value!r} is none of them.")
