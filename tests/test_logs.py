"""Log lines: what they carry and what they never show."""

import io
import logging
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
import structlog

from service import logs


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Where the lines go; the loggers are put back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield io.StringIO()
    root.handlers[:], root.level = handlers, level
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


def _lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in stream.getvalue().splitlines()]


def test_every_line_says_what_it_is_about(stream: io.StringIO) -> None:
    logs.configure("json", stream=stream)
    with structlog.contextvars.bound_contextvars(job_id="job_1", request_id="r1"):
        structlog.get_logger("ours").info("claimed", attempt=2)
        logging.getLogger("theirs").warning("%s steps", 7, extra={"device": "cpu"})
    ours, theirs = _lines(stream)
    assert {"event": "claimed", "attempt": 2, "level": "info", "logger": "ours"}.items() <= ours.items()
    assert {"event": "7 steps", "device": "cpu", "level": "warning", "logger": "theirs"}.items() <= theirs.items()
    for line in (ours, theirs):
        assert (line["job_id"], line["request_id"]) == ("job_1", "r1")
        assert line["timestamp"].endswith("Z")


def test_the_server_and_the_queue_log_our_way(stream: io.StringIO) -> None:
    for name in ("uvicorn", "celery"):
        logging.getLogger(name).handlers = [logging.NullHandler()]
    logs.configure("json", stream=stream)
    logging.getLogger("uvicorn.error").error("no socket")
    logging.getLogger("celery.worker").error("no broker")
    logging.getLogger("celery.worker").info("a task was received")
    assert [line["event"] for line in _lines(stream)] == ["no socket", "no broker"]


@pytest.mark.parametrize("log_format", ["console", "json"])
@pytest.mark.parametrize(
    ("message", "fields"),
    [
        ("asked", {"authorization": "Bearer S3CRET"}),
        ("asked", {"headers": {"X-API-Key": "S3CRET"}}),
        ("asked", {"argv": ["--key", {"api_keys": "S3CRET"}]}),
        ("asked", {"database": "postgresql+psycopg://app:S3CRET@postgres/app"}),
        ("cannot connect to redis://:S3CRET@valkey:6379/0", {}),
        ("refused 'Authorization: Bearer S3CRET'", {}),
        ("x-api-key: S3CRET", {}),
    ],
    ids=["header", "nested", "list", "url field", "url text", "bearer text", "key text"],
)
def test_secrets_are_blotted_out(log_format: Any, message: str, fields: dict[str, Any], stream: io.StringIO) -> None:
    logs.configure(log_format, stream=stream)
    structlog.get_logger("ours").info(message, **fields)
    assert "S3CRET" not in stream.getvalue()
    assert "[redacted]" in stream.getvalue()


def test_a_traceback_shows_no_values(stream: io.StringIO) -> None:
    logs.configure("console", stream=stream)
    api_key = "S3CRET"
    try:
        int("x" + api_key[:0])
    except ValueError:
        logging.getLogger("ours").exception("failed")
    assert "ValueError" in stream.getvalue()
    assert "S3CRET" not in stream.getvalue().replace('api_key = "S3CRET"', "")
