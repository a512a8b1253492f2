"""The Celery side of a worker: the app, its one task, and the process that trains.

The process that waits for messages imports this module too, and must never import torch: CUDA does not survive a
second process that has touched it, and a parent without it stays small, responsive and able to kill its child.
"""

import contextlib
import functools
import logging
import os
from pathlib import Path

import structlog
from celery import Celery, Task, signals

from service import logs
from service.datasets.folders import datasets_dir
from service.errors import StoreUnavailable
from service.jobs import signs
from service.jobs.claim import claim
from service.jobs.doorbell import TASK, TRANSPORT
from service.settings import Settings
from service.store.database import Database
from worker.lease import Lease

_log = logging.getLogger(__name__)
# sysexits.h: an internal fault. The parent starts a fresh child after it.
_EXIT_SOFTWARE = 70

settings = Settings()
app = Celery("gradclinic", broker=settings.broker_url or None, fixups=[])
app.conf.update(
    # Early: the lease in the database recovers a job in seconds, an unacknowledged message only after an hour.
    task_acks_late=False,
    task_reject_on_worker_lost=False,
    # Celery 6 will default to True, and kill a healthy training because the broker was restarted.
    worker_cancel_long_running_tasks_on_connection_loss=False,
    # A busy worker must not hold a message that an idle one could take.
    worker_prefetch_multiplier=1,
    worker_disable_prefetch=True,
    # Not fork: a forked child cannot use CUDA when anything in its parent has.
    worker_pool="prefork",
    worker_pool_start_method="spawn",
    worker_concurrency=1,
    # `import torch` on a cold disk, with CUDA, takes longer than the default of 4 seconds.
    worker_proc_alive_timeout=60,
    worker_max_tasks_per_child=50,
    # The state of a job is in the database and nowhere else.
    result_backend=None,
    task_ignore_result=True,
    task_track_started=False,
    worker_send_task_events=False,
    task_serializer="json",
    accept_content=["json"],
    result_accept_content=["json"],
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options=TRANSPORT,
    # Whoever gets into the broker cannot shut workers down.
    worker_enable_remote_control=False,
)


@app.task(name=TASK, bind=True, ignore_result=True)
def train(task: Task, job_id: str) -> None:
    """Trains the job if it is still to be had. Raises nothing: the lease and the reaper are the only retry."""
    with structlog.contextvars.bound_contextvars(job_id=job_id):
        try:
            _train(str(job_id), worker_id=task.request.hostname)
        except StoreUnavailable:
            _log.warning("the database does not answer; the job waits for its next turn")
        except Exception:  # noqa: BLE001 (whatever it was, this process must take the next job)
            _log.exception("the job ended in a defect of the worker")


def _train(job_id: str, *, worker_id: str) -> None:
    # Here and not above: this is the only process that may import torch.
    from worker import device as devices  # noqa: PLC0415
    from worker.run import run  # noqa: PLC0415

    draining = signs.drain_file(settings.data_dir, worker_id).exists
    if draining():
        return
    device = devices.choose(settings.device)
    with _database().transaction() as session:
        claimed = claim(session, job_id, worker_id=worker_id, device=device, lease_seconds=settings.lease_seconds)
    if claimed is None:
        return
    _log.info("training", extra={"attempt": claimed.attempt, "device": device})
    with Lease(
        claimed,
        _database(),
        draining=draining,
        lease_seconds=settings.lease_seconds,
        heartbeat_seconds=settings.heartbeat_seconds,
        stall_seconds=settings.stall_seconds,
    ) as lease:
        run(
            claimed,
            _database(),
            device=device,
            lease_seconds=settings.lease_seconds,
            chunk_steps=settings.chunk_steps,
            chunk_seconds=settings.chunk_seconds,
            stop=lease.stop,
            datasets=datasets_dir(settings.data_dir),
        )
    if not devices.is_sound(device):
        _log.error("the accelerator is beyond repair in this process; a fresh one takes over")
        logging.shutdown()
        os._exit(_EXIT_SOFTWARE)


@functools.cache
def _database() -> Database:
    return Database(settings.database)


@signals.setup_logging.connect
def _log_our_way(**_: object) -> None:
    logs.configure(settings.log_format)


@signals.worker_process_init.connect
def _prepare_to_train(**_: object) -> None:
    # When memory runs out this process goes, and not the broker or the database.
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("800")
    # Imports torch: see `_train`.
    from worker import run  # noqa: F401, PLC0415
    from worker.rehearsal import rehearse  # noqa: PLC0415

    rehearse(settings.device)


@signals.worker_process_shutdown.connect
def _leave(exitcode: int, **_: object) -> None:
    # Billiard would sleep for a second here; there is nothing left to do.
    logging.shutdown()
    os._exit(exitcode)
