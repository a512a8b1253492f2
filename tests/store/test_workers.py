"""The list of workers."""

from sqlalchemy import update

from service.store import workers
from service.store.database import Database
from service.store.tables import Worker


def _alive(database: Database) -> list[tuple[str, int, str]]:
    with database.reading() as session:
        return [(worker.id, worker.pid, worker.device) for worker in workers.alive(session, 15)]


def test_a_worker_is_alive_while_it_beats(database: Database) -> None:
    with database.transaction() as session:
        workers.beat(session, "b", host="h", pid=1, device="cpu")
        workers.beat(session, "a", host="h", pid=2, device="cpu")
    assert _alive(database) == [("a", 2, "cpu"), ("b", 1, "cpu")]
    with database.transaction() as session:
        session.execute(update(Worker).values(heartbeat_at=Worker.heartbeat_at - 20, started_at=1))
        workers.beat(session, "b", host="h", pid=3, device="cuda:0")
    assert _alive(database) == [("b", 3, "cuda:0")]
    with database.reading() as session:
        assert session.get_one(Worker, "b").started_at == 1
    with database.transaction() as session:
        workers.retire(session, "b")
    assert _alive(database) == []
