"""Every pattern that a request can miss is told in words."""

from collections.abc import Iterator
from typing import Any

import httpx

from service.api.patterns import spelled


def _patterns(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("pattern"), str):
            yield node["pattern"]
        yield from node.get("patternProperties", ())
        for below in node.values():
            yield from _patterns(below)
    elif isinstance(node, list):
        for below in node:
            yield from _patterns(below)


def test_no_pattern_is_quoted_at_people(shared: httpx.Client) -> None:
    patterns = set(_patterns(shared.get("/openapi.json").json()))
    assert len(patterns) == 8
    assert not [pattern for pattern in patterns if pattern in spelled(pattern)]


def test_a_pattern_without_words_is_quoted() -> None:
    assert spelled("^a+$") == "Should match the pattern ^a+$."
