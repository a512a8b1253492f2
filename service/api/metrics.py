"""What Prometheus is told: the numbers of the whole service, read from the database while it waits.

So workers need no port, and every API process says the same of jobs and workers. No label names a job or a layer: the
number of series does not grow with what the service has done.
"""

import logging
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from math import isinf

from prometheus_client import CollectorRegistry, GCCollector, Metric, PlatformCollector, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
)
from prometheus_client.registry import Collector
from sqlalchemy.exc import DBAPIError

from service.errors import StoreUnavailable
from service.jobs import tally
from service.jobs.state import ENDED
from service.jobs.tally import Distribution, Tally
from service.store.database import Database

_log = logging.getLogger(__name__)


class ServiceCollector(Collector):
    """Reads the database at every collection; while it does not answer, `gradclinic_database_up` is all there is."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def collect(self) -> Iterator[Metric]:
        """Metric families, each with all its samples."""
        yield InfoMetricFamily("gradclinic_build", "What is running.", {"version": version("gradclinic")})
        read = self._read()
        up = "1 if the database answered this scrape; else everything that is read from it is missing."
        yield GaugeMetricFamily("gradclinic_database_up", up, read is not None)
        if read is not None:
            yield from _families(read)

    def _read(self) -> Tally | None:
        try:
            with self._database.reading() as session:
                return tally.read(session)
        except StoreUnavailable:
            return None
        except DBAPIError as error:
            # A schema of another release, as `GET /readyz` says too.
            _log.warning("the database answers, but not as expected: %s", error.orig)
            return None


def process_registry() -> CollectorRegistry:
    """A registry with the numbers of this process; it is not the library's own, which all applications share."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    return registry


def _families(read: Tally) -> Iterator[Metric]:
    yield CounterMetricFamily("gradclinic_jobs_submitted", "Jobs taken into the queue.", read.submitted)
    finished = {str(state): read.finished[state] for state in sorted(ENDED)}
    yield _labelled(CounterMetricFamily, "gradclinic_jobs_finished", "Jobs ended, by how.", "state", finished)
    verdicts = "Jobs succeeded, by what is wrong with their network first (`healthy`: nothing)."
    yield _labelled(CounterMetricFamily, "gradclinic_verdicts", verdicts, "verdict", read.verdicts)
    steps = "Optimizer steps told of by workers, those of lost attempts included."
    yield CounterMetricFamily("gradclinic_training_steps", steps, read.steps)
    kept = {str(state): number for state, number in read.jobs.items()}
    yield _labelled(GaugeMetricFamily, "gradclinic_jobs", "Jobs kept, by state.", "state", kept)
    yield GaugeMetricFamily("gradclinic_queue_depth", "Jobs that wait for a worker.", kept["queued"])
    yield _histogram("gradclinic_job_queue_seconds", "From a job's creation to its first start.", read.waits)
    yield _histogram("gradclinic_job_run_seconds", "From a job's last start to its end.", read.runs)
    yield GaugeMetricFamily("gradclinic_workers_alive", "Workers heard of in 30 seconds.", read.workers_alive)
    heartbeat = "When any worker was last heard of; 0 where none is known."
    yield GaugeMetricFamily("gradclinic_worker_last_heartbeat_timestamp_seconds", heartbeat, read.last_heartbeat)


def _labelled(
    kind: type[CounterMetricFamily | GaugeMetricFamily], name: str, doc: str, label: str, values: Mapping[str, float]
) -> Metric:
    family = kind(name, doc, labels=[label])
    for key, value in sorted(values.items()):
        family.add_metric([key], value)
    return family


def _histogram(name: str, doc: str, seconds: Distribution) -> HistogramMetricFamily:
    buckets = [("+Inf" if isinf(bound) else str(bound), float(number)) for bound, number in seconds.cumulative()]
    return HistogramMetricFamily(name, doc, buckets=buckets, sum_value=seconds.microseconds / 1e6)
