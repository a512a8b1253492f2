"""`python -m worker`: one worker. Its parent process waits for messages, its only child trains."""

import contextlib
import logging
import os
import secrets
import sys
import warnings
from importlib.util import find_spec

from celery import signals
from celery.exceptions import SecurityWarning
from celery.worker import state

from service import logs
from service.store.database import Database
from worker.parent import Parent
from worker.tasks import app, settings

_log = logging.getLogger("worker")
logs.configure(settings.log_format)
# It warns root of pickle, which is switched off; what a container runs as is not its business.
warnings.filterwarnings("ignore", category=SecurityWarning)


def main() -> int:
    """Returns the exit status once the worker was told to end and has let go of its job."""
    if not settings.broker_url:
        return _refuse("A worker needs GRADCLINIC_BROKER_URL; `gradclinic up` brings a broker of its own.")
    if find_spec("torch") is None or find_spec("sklearn") is None:
        return _refuse('This machine has no PyTorch for the worker: pip install "gradclinic[worker]".')
    worker_id = f"{os.getpid()}-{secrets.token_hex(2)}@{os.uname().nodename}"
    worker = app.Worker(
        hostname=worker_id,
        loglevel="WARNING",
        quiet=True,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    parent = Parent(
        worker_id,
        Database(settings.database),
        data_dir=settings.data_dir,
        device=settings.device,
        lease_seconds=settings.lease_seconds,
        heartbeat_seconds=settings.heartbeat_seconds,
        reap_seconds=settings.reap_seconds,
        held=_held,
        children=lambda: worker.pool.info["processes"],
    )
    with contextlib.ExitStack() as running:

        @signals.worker_ready.connect(weak=False)
        def _ready(**_: object) -> None:
            running.enter_context(parent)
            _log.info("worker ready", extra={"worker": worker_id})

        @signals.worker_shutting_down.connect(weak=False)
        def _drain(**_: object) -> None:
            parent.drain()

        worker.start()
    return worker.exitcode or 0


def _held() -> list[str]:
    return [str(request.args[0]) for request in list(state.active_requests) if request.args]


def _refuse(sentence: str) -> int:
    sys.stderr.write(f"{sentence}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
