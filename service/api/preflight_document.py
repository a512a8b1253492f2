"""A preflight as JSON."""

from typing import Any

from pydantic_core import to_json

from service.api.finding_rows import finding_row
from service.diagnosis import diagnose
from service.preflight.admission import Limit
from service.preflight.duration import BASIS
from service.preflight.preflight import Estimate, Preflight
from service.spec.frozen import Frozen
from service.spec.run import layer_rows
from service.theory.document import theory
from service.trace.trace import Trace


def preflight_document(preflight: Preflight) -> bytes:
    """The preflight as `service.api.views.preflight.PreflightView` describes it.

    Not by orjson: what is refused for its size may have sizes that 64 bits do not hold.
    """
    run = preflight.resolved
    document = {
        "experiment": _spec(preflight.experiment),
        "resolved": _spec(run),
        "layers": preflight.layers,
        "parameters": preflight.parameters,
        "steps": run.total_steps,
        "samples": {
            "training": run.data.training_samples,
            "validation": run.data.validation_samples,
            "per_step": run.batch_size,
        },
        "diff": preflight.diff,
        "estimate": _estimate(preflight.estimate),
        "admission": {"admitted": preflight.admitted, "limits": [_limit(limit) for limit in preflight.limits]},
        # Its cost grows with the outputs, so only of what is admitted.
        "theory": theory(run) if preflight.admitted else None,
        "findings": [
            finding_row(finding.model_dump(mode="json"), None, None)
            for finding in diagnose(Trace(layer_rows(run)), run)
        ],
        "warnings": preflight.warnings,
    }
    return to_json(document)


def _spec(spec: Frozen) -> dict[str, Any]:
    return spec.model_dump(mode="json", exclude_none=True)


def _estimate(estimate: Estimate) -> dict[str, Any]:
    parts = {part: getattr(estimate.memory, part) for part in estimate.memory.__slots__}
    return {
        "memory": {**parts, "total": estimate.memory.total},
        "trace_bytes": estimate.trace_bytes,
        "flops_per_step": estimate.flops_per_step,
        "cpu_seconds": estimate.cpu_seconds,
        "basis": BASIS,
    }


def _limit(limit: Limit) -> dict[str, Any]:
    return {
        "what": limit.what,
        "pointer": limit.pointer,
        "size": limit.size,
        "limit": limit.limit,
        "unit": limit.unit,
        "admitted": limit.admitted,
        "detail": None if limit.admitted else limit.refusal,
    }
