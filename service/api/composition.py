"""What requests share: opened by the lifespan of the app, reached through `request.app.state`."""

from typing import Annotated

from fastapi import Depends, Request

from service.api.stream import Streams
from service.jobs.dispatcher import Dispatcher
from service.jobs.doorbell import Doorbell
from service.store.database import Database


async def _database(request: Request) -> Database:
    return request.app.state.database  # type: ignore[no-any-return]


async def _dispatcher(request: Request) -> Dispatcher:
    return request.app.state.dispatcher  # type: ignore[no-any-return]


async def _doorbell(request: Request) -> Doorbell:
    return request.app.state.doorbell  # type: ignore[no-any-return]


async def _streams(request: Request) -> Streams:
    return request.app.state.streams  # type: ignore[no-any-return]


TheDatabase = Annotated[Database, Depends(_database)]
TheDispatcher = Annotated[Dispatcher, Depends(_dispatcher)]
TheDoorbell = Annotated[Doorbell, Depends(_doorbell)]
TheStreams = Annotated[Streams, Depends(_streams)]
