"""The dashboards as Grafana provisions them, and what they would ask."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.embedded import ROOT

Json = dict[str, Any]
Values = Mapping[str, str | list[str]]
FOLDER = ROOT / "deploy/grafana/dashboards"
NAMES = sorted(path.name for path in FOLDER.glob("*.json"))
API = "http://api:8000"
INFINITY = {"type": "yesoreyeram-infinity-datasource", "uid": "gradclinic"}
PROMETHEUS = {"type": "prometheus", "uid": "prometheus"}
_VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<format>\w+))?\}")


def board(name: str) -> Json:
    """A dashboard."""
    document: Json = json.loads((FOLDER / name).read_text())
    return document


@dataclass(frozen=True)
class Question:
    """What a panel, a variable or an annotation asks Infinity for."""

    board: str
    of: str
    """Its title or name."""
    kind: str
    """The panel's type, `variable` or `annotation`."""
    target: Json

    def url(self, values: Values) -> str:
        """Path and query as Infinity sends them, with these values of the variables."""
        asked: str = self.target["url"]
        assert asked.startswith(f"{API}/"), asked
        parts = urlsplit(_VARIABLE.sub(lambda match: _written(match, values), asked))
        query = urlencode(parse_qsl(parts.query, keep_blank_values=True))
        return f"{parts.path}?{query}" if query else parts.path


def questions(name: str) -> Iterator[Question]:
    """Everything that a dashboard asks Infinity for."""
    document = board(name)
    for panel in document["panels"]:
        for target in panel["targets"] if panel["datasource"] == INFINITY else ():
            yield Question(name, panel["title"], panel["type"], target)
    for variable in document["templating"]["list"]:
        if variable["type"] == "query":
            yield Question(name, variable["name"], "variable", variable["query"]["infinityQuery"])
    for annotation in document["annotations"]["list"]:
        if not annotation.get("builtIn"):
            yield Question(name, annotation["name"], "annotation", annotation["target"])


def expressions(name: str) -> Iterator[str]:
    """Everything that a dashboard asks Prometheus for."""
    for panel in board(name)["panels"]:
        for target in panel["targets"] if panel["datasource"] == PROMETHEUS else ():
            yield target["expr"]


def variables(name: str) -> set[str]:
    """The variables that a dashboard declares."""
    return {variable["name"] for variable in board(name)["templating"]["list"]}


def used_variables(name: str) -> set[str]:
    """Those that anything in it names; Grafana's own begin with two underscores."""
    return {match["name"] for match in _VARIABLE.finditer((FOLDER / name).read_text())}


def _written(match: re.Match[str], values: Values) -> str:
    value = values[match["name"]]
    if isinstance(value, list):
        # Without a format Grafana would write several values in braces.
        assert match["format"] == "csv", match[0]
        return ",".join(value)
    return value
