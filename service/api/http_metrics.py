"""What Prometheus is told of requests: how many, and how long until an answer began."""

from collections.abc import Callable

from fastapi import FastAPI
from prometheus_client import CollectorRegistry, disable_created_metrics
from prometheus_fastapi_instrumentator import Instrumentator, metrics
from prometheus_fastapi_instrumentator.metrics import Info

_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
# A request with `Prefer: wait` takes up to a minute.
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)

# The text format has no place for the time when a series began; it would be a series of its own beside each.
disable_created_metrics()  # type: ignore[no-untyped-call]


def install(app: FastAPI, registry: CollectorRegistry) -> None:
    """Counts every request of `app` under the template of its route. Call it last: it sees what clients see.

    What no route matches is one handler, `none`, and what is no method of HTTP one method, `other`: clients cannot add
    series.
    """
    instrumentator = Instrumentator(should_group_status_codes=False, should_group_untemplated=True, registry=registry)
    instrumentator.add(
        _known_methods,
        _made(metrics.requests(metric_namespace="gradclinic", registry=registry)),
        _made(
            metrics.latency(
                metric_namespace="gradclinic",
                metric_doc="Time until the answer began.",
                should_include_status=False,
                should_exclude_streaming_duration=True,
                buckets=_BUCKETS,
                registry=registry,
            )
        ),
    )
    instrumentator.instrument(app)


def _known_methods(info: Info) -> None:
    # Before the others, which read it.
    if info.method not in _METHODS:
        info.method = "other"


def _made(instrumentation: Callable[[Info], None] | None) -> Callable[[Info], None]:
    if instrumentation is None:
        raise RuntimeError("Two applications count their requests in one registry.")
    return instrumentation
