"""The composition root: opens what requests share, and puts the parts of the API together."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager, closing

from fastapi import Depends, FastAPI

from service.api import draining, handlers, http_metrics
from service.api.access import Access, caller
from service.api.admission import Admission
from service.api.edge import Edge
from service.api.exporting import Exports
from service.api.head import Head
from service.api.loopback import LoopbackOnly
from service.api.metrics import ServiceCollector, process_registry
from service.api.openapi import document
from service.api.routes import (
    catalog,
    datasets,
    events,
    export,
    findings,
    grafana,
    health,
    histograms,
    jobs,
    layers,
    metrics,
    pages,
    preflight,
    session,
    theory,
    traces,
)
from service.api.stream import Streams
from service.api.uploads import Uploads
from service.jobs.dispatcher import Dispatcher
from service.jobs.doorbell import Doorbell
from service.jobs.reaper import Reaper
from service.preflight.admission import Limits
from service.settings import Settings
from service.store.database import Database


def create_app(settings: Settings | None = None) -> FastAPI:
    """The API as an ASGI application; `settings` are those of the environment unless given.

    Raises `InsecureBinding` where it would listen beyond loopback without API keys.
    """
    settings = settings or Settings()
    settings.refuse_insecure_binding()
    app = FastAPI(
        lifespan=_lifespan(settings),
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        separate_input_output_schemas=False,
    )
    app.openapi = lambda: document(app, keys=bool(settings.api_keys))  # type: ignore[method-assign]
    app.state.access = Access([key.get_secret_value() for key in settings.api_keys], settings.rate_limit)
    app.state.metrics = process_registry()
    app.state.streams = Streams(settings.max_streams)
    app.state.uploads = Uploads(settings)
    app.state.exports = Exports()
    app.state.admission = Admission(
        max_body_bytes=settings.max_body_bytes,
        max_queued_jobs=settings.max_queued_jobs,
        limits=Limits(
            max_data_bytes=settings.max_data_bytes,
            max_parameters=settings.max_parameters,
            max_batch_bytes=settings.max_batch_bytes,
            max_memory_bytes=settings.max_memory_bytes,
            max_steps=settings.max_steps,
            max_trace_bytes=settings.max_trace_bytes,
        ),
    )
    for part in (
        jobs,
        preflight,
        datasets,
        layers,
        traces,
        histograms,
        theory,
        findings,
        export,
        events,
        catalog,
        grafana,
        metrics,
    ):
        app.include_router(part.router, dependencies=[Depends(caller)])
    app.include_router(health.router)
    app.include_router(session.router)
    pages.install(app)
    handlers.install(app)
    # The last added is the outermost.
    app.add_middleware(Head)
    if not settings.api_keys:
        app.add_middleware(LoopbackOnly)
    app.add_middleware(Edge)
    http_metrics.install(app, app.state.metrics)
    return app


def _lifespan(settings: Settings) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def opened(app: FastAPI) -> AsyncIterator[None]:
        with ExitStack() as stack:
            database = Database(settings.database)
            stack.callback(database.dispose)
            doorbell = stack.enter_context(closing(Doorbell(settings.broker_url)))
            reaper = Reaper(database, reap_seconds=settings.reap_seconds, lease_seconds=settings.lease_seconds)
            stack.enter_context(reaper)
            dispatcher = stack.enter_context(Dispatcher(database, doorbell, ring_seconds=settings.ring_seconds))
            app.state.database, app.state.doorbell, app.state.dispatcher = database, doorbell, dispatcher
            collector = ServiceCollector(database)
            app.state.metrics.register(collector)
            stack.callback(app.state.metrics.unregister, collector)
            draining.on_signals(app.state.streams)
            yield

    return opened
