"""The OpenAPI document: what FastAPI derives from the routes, and what it cannot know."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from service.api.problems import MEDIA_TYPE
from service.api.upload_form import UploadForm
from service.api.views.findings import FindingRow
from service.api.views.problem import Problem
from service.api.views.shape import ELSEWHERE
from service.diagnosis import Diagnosis
from service.experiment import Experiment
from service.spec.run import RunSpec

# FastAPI cannot describe unions of unions, which remedies are; the form and the problems belong to no route's answer.
_DESCRIBED = (Experiment, RunSpec, Diagnosis, FindingRow, UploadForm, Problem)
_REFERENCE = "#/components/schemas/{model}"
TITLE = "Gradient Clinic"
# Of the contract under /v1, which only grows.
VERSION = "1.0.0"
_DESCRIPTION = (
    "POST a network and a training recipe; read every layer's gradient at every step, what is wrong and why, and what "
    "cures it. Errors are `application/problem+json` (RFC 9457)."
)
_TAGS = [
    {"name": "jobs", "description": "Experiments, and their life as jobs."},
    {"name": "datasets", "description": "Data of your own, as CSV or NPZ."},
    {"name": "traces", "description": "What was recorded: series per layer and of the whole network."},
    {"name": "findings", "description": "What is wrong, since which step, and what cures it."},
    {"name": "grafana", "description": "What Grafana's variables ask for; its panels read series and findings."},
    {"name": "catalog", "description": "Everything an experiment can name."},
    {"name": "service", "description": "Is it well?"},
]
_MEANINGS = {
    400: "The body is malformed.",
    401: "No valid API key.",
    404: "There is no such thing.",
    408: "The body did not arrive in time.",
    409: "The state of what is asked for does not allow it.",
    413: "The body is too large.",
    415: "The body is not declared as what it has to be.",
    422: "The request is not valid; `errors` names each place.",
    429: "Too many requests, or too many queued jobs; `Retry-After` says when to ask again.",
    503: "The database does not answer, or this process is full; `Retry-After` says when to ask again.",
    507: "The disk of the service is full.",
}
EXAMPLE = {
    "name": "deep sigmoid MLP",
    "labels": {"course": "dl101"},
    "network": {
        "layers": [
            {
                "kind": "repeat",
                "times": 20,
                "layers": [
                    {"kind": "linear", "out_features": 64},
                    {"kind": "activation", "function": "sigmoid"},
                ],
            },
            {"kind": "linear", "out_features": 10},
        ],
        "init": {"scheme": "xavier", "distribution": "normal"},
    },
    "data": {"source": {"kind": "digits"}, "normalize": "standard", "validation_fraction": 0.2},
    "training": {
        "loss": "cross_entropy",
        "optimizer": {"name": "sgd", "lr": 0.1},
        "batch_size": 128,
        "steps": 300,
        "seed": 0,
    },
    "trace": {"every": 1},
}
CURE = [
    {"kind": "activation", "function": "relu"},
    {"kind": "initialization", "scheme": "he"},
    {"kind": "optimizer", "name": "adam", "lr": 0.001},
]


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """`responses` of a route that may answer with these problems."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": _MEANINGS[status], "content": content} for status in statuses}


def experiment_body() -> dict[str, Any]:
    """`openapi_extra` of a route that takes an experiment and parses it by itself."""
    examples = {
        "sick": {"summary": "Twenty sigmoid layers: no gradient reaches the first", "value": EXAMPLE},
        "cured": {"summary": "The same with three remedies", "value": {**EXAMPLE, "remedies": CURE}},
    }
    schema = {"$ref": "#/components/schemas/Experiment"}
    return {
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema, "examples": examples}}}
    }


def upload_body() -> dict[str, Any]:
    """`openapi_extra` of the route that takes a form with a file, and parses it by itself."""
    schema = {"$ref": "#/components/schemas/UploadForm"}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


def document(app: FastAPI, *, keys: bool) -> dict[str, Any]:
    """The document of `app`, the same object every time. `keys`: whether API keys are asked for."""
    if app.openapi_schema is None:
        made = get_openapi(title=TITLE, version=VERSION, description=_DESCRIPTION, routes=app.routes, tags=_TAGS)
        described = [(model, "validation") for model in _DESCRIBED]
        _, schemas = models_json_schema(described, ref_template=_REFERENCE)  # type: ignore[arg-type]
        made["components"]["schemas"] |= schemas["$defs"]
        for node in _objects(made):
            _refer(node)
            _flatten(node)
            _forget_validation_errors(node)
            if not keys:
                node.pop("security", None)
        app.openapi_schema = made
    return app.openapi_schema


def _refer(node: dict[str, Any]) -> None:
    if ELSEWHERE in node:
        node["$ref"] = _REFERENCE.format(model=node.pop(ELSEWHERE))


def _flatten(node: dict[str, Any]) -> None:
    """Pydantic nests discriminators, OpenAPI cannot; they are hints, and `oneOf` alone says the same."""
    discriminator = node.get("discriminator")
    if isinstance(discriminator, dict) and not all(
        isinstance(target, str) for target in discriminator.get("mapping", {}).values()
    ):
        del node["discriminator"]


def _forget_validation_errors(node: dict[str, Any]) -> None:
    """FastAPI adds its own 422 to every route that says nothing of one."""
    if "HTTPValidationError" in str(node.get("responses", {}).get("422") if "operationId" in node else ""):
        del node["responses"]["422"]
    for name in ("HTTPValidationError", "ValidationError"):
        if isinstance(node.get(name), dict) and "properties" in node[name]:
            del node[name]


def _objects(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    for below in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _objects(below)
