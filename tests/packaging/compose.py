"""docker-compose.yml as `docker compose` reads it: anchors merged, variables filled in."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ruamel.yaml import YAML

from tests.packaging.repository import text

_VARIABLE = re.compile(r"\$(?:(?P<dollar>\$)|\{(?P<name>\w+)(?::(?P<how>[-?])(?P<rest>[^}]*))?\})")


class Missing(Exception):
    """A variable that compose insists on is not set; the message is the one it would print."""


def load(name: str, environment: Mapping[str, str]) -> dict[str, Any]:
    """A compose file with `environment` filled in. Raises `Missing`."""
    document: dict[str, Any] = _filled(YAML(typ="safe").load(text(name)), environment)
    return document


def variables(name: str) -> Iterator[str]:
    """The variables that a compose file reads."""
    return (match["name"] for match in _VARIABLE.finditer(text(name)) if match["name"])


def _filled(value: Any, environment: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(item, environment) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, environment) for item in value]
    if isinstance(value, str):
        return _VARIABLE.sub(lambda match: _replacement(match, environment), value)
    return value


def _replacement(match: re.Match[str], environment: Mapping[str, str]) -> str:
    if match["dollar"]:
        return "$"
    given = environment.get(match["name"], "")
    if not given and match["how"] == "?":
        raise Missing(f"{match['name']}: {match['rest']}")
    return given or match["rest"] or ""
