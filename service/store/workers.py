"""Who works here, and when each was last heard of."""

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from service.store.clock import now
from service.store.conflicts import insert
from service.store.tables import Worker

ALIVE_SECONDS = 30.0
"""A worker not heard of for longer is taken for dead."""


def beat(session: Session, worker_id: str, *, host: str, pid: int, device: str) -> None:
    """A sign of life of a worker; the first one introduces it."""
    statement = insert(session, Worker).values(
        id=worker_id, host=host, pid=pid, device=device, started_at=now(), heartbeat_at=now()
    )
    seen = {"host": host, "pid": pid, "device": device, "heartbeat_at": now()}
    session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=seen))


def retire(session: Session, worker_id: str) -> None:
    """Takes a worker that stops off the list."""
    session.execute(delete(Worker).where(Worker.id == worker_id))


def alive(session: Session, within_seconds: float) -> Sequence[Worker]:
    """The workers heard of in the last `within_seconds`."""
    return session.scalars(select(Worker).where(Worker.heartbeat_at > now() - within_seconds).order_by(Worker.id)).all()
