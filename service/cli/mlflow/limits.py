"""What an MLflow server admits: how names are spelled, how long texts are, how much one request holds."""

import posixpath
import re
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any

import orjson

Item = dict[str, Any]
METRICS_AT_ONCE = 1000
PARAMS_AT_ONCE = 100
"""Of tags as of parameters."""
PARAM_CHARACTERS = 6000
TAG_CHARACTERS = 8000
_KEY_CHARACTERS = 250
# One megabyte, less what stands around the items.
_BYTES = 900_000
_FORBIDDEN = re.compile(r"[^/\w.\- :]", re.ASCII)
_CUT = "…"


def key(name: str) -> str:
    """A name as MLflow takes it: for some stores it is a path. What is cut off is told apart by its digest."""
    plain = _FORBIDDEN.sub("_", name)
    if posixpath.normpath(plain) != plain or plain.startswith(("/", "..")):
        plain = plain.replace("/", ".")
    if len(plain) <= _KEY_CHARACTERS:
        return plain
    digest = sha256(name.encode()).hexdigest()[:8]
    return f"{plain[: _KEY_CHARACTERS - len(digest) - 1]}.{digest}"


def shortened(text: str, most: int) -> str:
    """The text, or as much of it as there is room for."""
    return text if len(text) <= most else text[: most - len(_CUT)] + _CUT


def batches(items: Iterable[Item], most: int) -> Iterator[list[Item]]:
    """The items in their order, at most `most` and one megabyte together."""
    batch: list[Item] = []
    size = 0
    for item in items:
        length = len(orjson.dumps(item)) + 1
        if batch and (len(batch) == most or size + length > _BYTES):
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += length
    if batch:
        yield batch
