"""Is it alive, and is it ready?"""

import logging

from fastapi import APIRouter, Request, Response
from sqlalchemy.exc import DBAPIError

from service.api.composition import TheDatabase, TheDoorbell
from service.api.openapi import problems
from service.api.problems import rendered
from service.api.views.health import Alive, Readiness
from service.errors import StoreUnavailable
from service.jobs.doorbell import BrokerUnavailable, Doorbell
from service.store import workers
from service.store.database import Database

router = APIRouter(tags=["service"])
_OK = "ok"
_log = logging.getLogger(__name__)


@router.get("/healthz", summary="Liveness")
async def alive() -> Alive:
    """The process answers; nothing else is looked at."""
    return Alive(status="ok")


@router.get("/readyz", summary="Readiness", response_model=Readiness, responses=problems(503))
def ready(request: Request, database: TheDatabase, doorbell: TheDoorbell) -> Response | Readiness:
    """503 without the database; `degraded` while the broker or every worker is away: jobs are taken and wait."""
    checks = {**_database(database), "broker": _broker(doorbell)}
    if checks["database"] != _OK:
        return rendered(StoreUnavailable(), request.scope, checks=checks)
    return Readiness(status="ready" if set(checks.values()) == {_OK} else "degraded", checks=checks)


def _database(database: Database) -> dict[str, str]:
    try:
        with database.reading() as session:
            some = bool(workers.alive(session, workers.ALIVE_SECONDS))
    except StoreUnavailable:
        return {"database": "does not answer", "workers": "unknown"}
    except DBAPIError as error:
        _log.warning("the database answers, but not as expected: %s", error.orig)
        return {"database": "has no schema of this release; run `gradclinic db upgrade`", "workers": "unknown"}
    return {"database": _OK, "workers": _OK if some else f"none heard of in {workers.ALIVE_SECONDS:.0f} seconds"}


def _broker(doorbell: Doorbell) -> str:
    try:
        doorbell.check()
    except BrokerUnavailable:
        return "does not answer; queued jobs wait until it does"
    return _OK
