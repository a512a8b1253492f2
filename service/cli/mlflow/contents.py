"""What a run says of a job besides numbers: parameters and tags."""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from service.cli.mlflow.limits import PARAM_CHARACTERS, TAG_CHARACTERS, Item, key, shortened
from service.cli.mlflow.server import JOB_TAG

_NOTE = "mlflow.note.content"
_RESERVED = ("mlflow.", "gradclinic.")


def params(job: Mapping[str, Any]) -> list[Item]:
    """The resolved experiment, and the remedies that were applied, as `training.optimizer.lr`: 0.1."""
    sent = {**job["resolved"], "remedies": job["experiment"].get("remedies", [])}
    found = {key(name): shortened(value, PARAM_CHARACTERS) for name, value in _flat(sent)}
    return [{"key": name, "value": value} for name, value in found.items()]


def tags(job: Mapping[str, Any], page: str) -> list[Item]:
    """The verdict, a line for each finding, the labels, and a description for MLflow's page of the run.

    A label under a name that MLflow or this service has a use for gets `label.` in front.
    """
    diagnosis, error = job["diagnosis"], job["error"]
    own = {
        JOB_TAG: job["id"],
        "gradclinic.url": page,
        "gradclinic.state": job["state"],
        "gradclinic.diagnosis": diagnosis["status"],
        "gradclinic.verdict": diagnosis["verdict"] or "",
        "gradclinic.device": job["device"] or "",
        **{f"gradclinic.finding.{place:02d}": _line(each) for place, each in enumerate(diagnosis["findings"])},
        "mlflow.source.name": page,
        "mlflow.source.type": "JOB",
        _NOTE: _note(job, page),
    }
    if error:
        own["gradclinic.error"] = f"{error['title']}: {error.get('detail') or ''}"
    labels = {f"label.{name}" if name.startswith(_RESERVED) else name: value for name, value in job["labels"].items()}
    return [{"key": key(name), "value": shortened(value, TAG_CHARACTERS)} for name, value in (labels | own).items()]


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Leaves by their path; a list of plain values is one leaf, and what is not set is none."""
    if isinstance(value, Mapping):
        for part, below in value.items():
            yield from _flat(below, f"{name}.{part}" if name else str(part))
    elif isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        for place, item in enumerate(value):
            yield from _flat(item, f"{name}.{place}")
    elif isinstance(value, str):
        yield name, value
    elif value is not None:
        yield name, orjson.dumps(value).decode()


def _line(finding: Mapping[str, Any]) -> str:
    where = ", ".join(finding["layers"][:3]) + (" …" if len(finding["layers"]) > 3 else "")
    told = f"{finding['severity']} {finding['rule']} ({finding['cause']}) since step {finding['first_step']}"
    return f"{told}{' in ' if where else ''}{where}: {finding['explanation']}"


def _note(job: Mapping[str, Any], page: str) -> str:
    """Markdown."""
    diagnosis = job["diagnosis"]
    lines = [f"**{diagnosis['verdict'] or job['state']}** ([{job['id']}]({page}))", ""]
    for finding in diagnosis["findings"]:
        lines.append(f"- {_line(finding)}")
        lines += [f"    - `{orjson.dumps(remedy).decode()}`" for remedy in finding["remedies"]]
    return "\n".join(lines)
