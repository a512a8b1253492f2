"""Server-sent events, read line by line."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import orjson

from gradclinic.errors import Json


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a job's stream."""

    name: str
    data: Json
    id: str = ""


def events(lines: Iterable[str]) -> Iterator[Event]:
    """The events of a stream; comments, which are signs of life, and an event that was cut off are left out."""
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            fields[name] = f"{fields['data']}\n{value}" if name == "data" and "data" in fields else value
            continue
        if "data" in fields:
            yield Event(fields.get("event", "message"), orjson.loads(fields["data"]), fields.get("id", ""))
        fields = {}
