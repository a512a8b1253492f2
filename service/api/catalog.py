"""The catalogue: every unit that an experiment or an answer can name, described by its own docstring and schema."""

import re
from collections.abc import Iterable, Mapping
from functools import reduce
from inspect import cleandoc
from operator import or_
from typing import Any

from pydantic import TypeAdapter

from service.diagnosis import RULES, Rule
from service.diagnosis.profiles import PROFILES, Profile
from service.diagnosis.rule import Threshold
from service.remedies import REMEDIES
from service.remedies.remedy import Variants
from service.spec.activations import ACTIVATIONS, ActivationFunction
from service.spec.data.data import SOURCES
from service.spec.frozen import Frozen
from service.spec.initializers import WEIGHT_SCHEMES, Zeros
from service.spec.layers import LAYER_KINDS
from service.spec.losses import LOSSES
from service.spec.optimizers import OPTIMIZERS
from service.spec.schedules import SCHEDULES
from service.trace.metrics import CURVES, METRICS, Metric

# A docstring may end in its source: "Normalizes every channel over the batch. Ioffe & Szegedy 2015."
_SOURCE = re.compile(r"(?P<doc>.*?\.)\s+(?P<reference>[A-ZÀ-Ž](?:[^.]|et al\.)*\b(?:19|20)\d\d)\.", re.DOTALL)
_SCHEMES: tuple[type[Frozen], ...] = (*WEIGHT_SCHEMES, Zeros)
Entry = dict[str, Any]


def catalogue() -> dict[str, list[Entry]]:
    """All entries by section, in the order in which the service knows them."""
    return {
        "layers": [_of_class(kind, "kind") for kind in LAYER_KINDS],
        "activations": [_activation(name) for name in ACTIVATIONS],
        "init_schemes": [_of_class(scheme, "scheme") for scheme in _SCHEMES],
        "sources": [_of_class(source, "kind") for source in SOURCES.values()],
        "losses": [_entry(name, loss.doc, {"const": name}) for name, loss in LOSSES.items()],
        "schedules": [_of_class(schedule, "name") for schedule in SCHEDULES],
        "optimizers": [_of_class(optimizer, "name") for optimizer in OPTIMIZERS],
        "remedies": [_remedy(name, variants) for name, variants in REMEDIES.items()],
        "rules": [_rule(rule) for rule in RULES.values()],
        "profiles": [_profile(profile) for profile in PROFILES.values()],
        "metrics": _metrics(METRICS),
        "curves": _metrics(CURVES),
    }


def _entry(name: str, doc: str, schema: Mapping[str, Any], reference: str = "", **more: object) -> Entry:
    line = " ".join(cleandoc(doc).split("\n\n", 1)[0].split())
    if not reference and (found := _SOURCE.fullmatch(line)):
        line, reference = found["doc"], found["reference"]
    return {"name": name, "doc": line, "reference": reference, "schema": dict(schema), **more}


def _of_class(kind: type[Frozen], name: str) -> Entry:
    reference = getattr(kind, "reference", "")
    return _entry(kind.model_fields[name].default, kind.__doc__ or "", kind.model_json_schema(), reference)


def _activation(name: str) -> Entry:
    known = ACTIVATIONS[name]
    schema = ActivationFunction.model_json_schema()
    own = {parameter: schema["properties"][parameter] for parameter in known.parameters}
    defaults = {parameter: {**own[parameter], "default": value} for parameter, value in known.parameters.items()}
    properties = {"function": {"const": name}, **defaults}
    described = {"type": "object", "properties": properties, "required": ["function"], "additionalProperties": False}
    return _entry(name, known.doc, described, known.reference)


def _remedy(name: str, variants: Variants) -> Entry:
    first = variants.classes[0]
    return _entry(name, first.__doc__ or "", _schema(variants), first.reference)


def _schema(variants: Variants) -> dict[str, Any]:
    if len(variants.classes) == 1:
        return variants.classes[0].model_json_schema()
    return TypeAdapter(reduce(or_, variants.classes)).json_schema()


def _profile(profile: Profile) -> Entry:
    rules = [
        {
            "name": rule.name,
            "doc": rule.doc,
            "reading": rule.reading,
            "ours": rule.ours,
            "thresholds": _thresholds(rule.thresholds),
        }
        for rule in profile.rules
    ]
    return _entry(profile.name, profile.doc, {"const": profile.name}, profile.reference, rules=rules)


def _thresholds(thresholds: Iterable[Threshold]) -> dict[str, Any]:
    """As properties of a JSON Schema."""
    return {
        threshold.name: {"type": "number", "default": threshold.default, "description": threshold.source}
        for threshold in thresholds
    }


def _rule(rule: Rule) -> Entry:
    return _entry(
        rule.name,
        rule.summary,
        {"type": "object", "properties": _thresholds(rule.thresholds), "additionalProperties": False},
        rule.reference,
        symptom=rule.symptom,
        why_it_hurts=rule.why_it_hurts,
        what_to_try=rule.what_to_try,
    )


def _metrics(table: Mapping[str, Metric]) -> list[Entry]:
    return [
        _entry(metric.name, metric.doc, {"type": ["number", "null"]}, unit=metric.unit, logarithmic=metric.logarithmic)
        for metric in table.values()
    ]
