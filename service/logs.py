"""Log lines: for people on a console, as JSON for machines; everything the process logs takes this one way.

Bind what a line is about with `structlog.contextvars.bound_contextvars(job_id=…, request_id=…)`; every line below it,
those of Celery, uvicorn and SQLAlchemy included, then carries it. Keys and passwords are blotted out here, once.
"""

import logging
import re
import sys
from typing import Any, Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_SECRET_NAME = re.compile(r"authorization|api[-_]?key|password|passwd|secret|token|cookie", re.IGNORECASE)
# What looks like a secret inside a text: `Bearer KEY`, `x-api-key: KEY`, `scheme://user:password@host`.
_SECRET_TEXT = re.compile(
    r"(?P<before>\bbearer\s+|\bapi[-_]?keys?['\"]?\s*[:=]\s*['\"]?|\w://[^\s:/@]*:)(?P<secret>[^\s'\",;@]+)",
    re.IGNORECASE,
)
_BLOT = "[redacted]"
# Their lines at INFO say nothing that ours do not say.
_CHATTY = ("alembic", "amqp", "billiard", "celery", "httpcore", "httpx", "kombu", "uvicorn.error")


def configure(log_format: Literal["console", "json"], *, stream: TextIO | None = None) -> None:
    """Sends every log line of this process to `stream` (standard error by default). May be called again."""
    target = stream or sys.stderr
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_rendering(log_format, colors=target.isatty()),
            ],
        )
    )
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    # uvicorn and Celery bring handlers of their own.
    for name in ("uvicorn", "uvicorn.access", "celery", "celery.task", "celery.redirected"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A structlog processor: blots out values under secret names, and secrets inside texts."""
    return {name: _BLOT if _SECRET_NAME.search(name) else _without_secrets(value) for name, value in event.items()}


def _without_secrets(value: Any) -> Any:
    if isinstance(value, str):
        return _SECRET_TEXT.sub(rf"\g<before>{_BLOT}", value)
    if isinstance(value, dict):
        return redact(None, "", value)
    if isinstance(value, list | tuple):
        return [_without_secrets(item) for item in value]
    return value


def _rendering(log_format: str, *, colors: bool) -> list[Processor]:
    if log_format == "json":
        return [structlog.processors.format_exc_info, redact, structlog.processors.JSONRenderer()]
    # Not the renderer's own default, which prints the values of local variables.
    plain = structlog.dev.plain_traceback
    return [
        structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False),
        structlog.processors.format_exc_info,
        redact,
        structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=plain, pad_event_to=0),
    ]
