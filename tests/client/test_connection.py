"""What is asked again, when, and when it is given up."""

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from gradclinic import Client, Refused, Unreachable
from gradclinic.patience import Patience
from tests.client.scripted import HANG_UP, Answer, scripted
from tests.supervisor.ports import closed_port

_JOB = Answer(202, {"id": "job_1", "name": "", "state": "queued"})
_BUSY = {"title": "Too many requests", "detail": "Ask again later."}
_AT_ONCE = {"Retry-After": "0"}


@pytest.mark.parametrize("fault", [Answer(429, _BUSY, _AT_ONCE), Answer(503, _BUSY, _AT_ONCE), HANG_UP])
def test_an_experiment_is_sent_again_as_the_same_one(fault: Answer) -> None:
    with scripted(fault, fault, _JOB) as script, Client(script.url) as client:
        assert client.submit({"network": {}}).id == "job_1"
    keys = {request.headers["Idempotency-Key"] for request in script.asked}
    assert len(script.asked) == 3
    assert len(keys) == 1
    assert {request.body for request in script.asked} == {b'{"network": {}}'}


def test_another_submission_is_another_job() -> None:
    with scripted(_JOB) as script, Client(script.url) as client:
        client.submit({})
        client.submit({})
        client.submit({}, idempotency_key="mine")
    keys = [request.headers["Idempotency-Key"] for request in script.asked]
    assert len(set(keys)) == 3
    assert keys[2] == "mine"


def test_the_wish_of_the_service_is_respected() -> None:
    began = time.monotonic()
    with scripted(Answer(429, _BUSY, {"Retry-After": "1"}), Answer(body={})) as script, Client(script.url) as client:
        client.catalog()
    assert time.monotonic() - began >= 1
    assert len(script.asked) == 2


def test_a_wish_beyond_the_patience_is_told_at_once() -> None:
    busy = Answer(429, _BUSY, {"Retry-After": "3600"})
    with (
        scripted(busy) as script,
        Client(script.url, patience=5) as client,
        pytest.raises(Refused, match=r"Too many requests \(429\): Ask again later\."),
    ):
        client.catalog()
    assert len(script.asked) == 1


def test_patience_ends() -> None:
    with (
        scripted(Answer(503, _BUSY)) as script,
        Client(script.url, patience=0.5) as client,
        pytest.raises(Refused),
    ):
        client.catalog()
    assert len(script.asked) > 1


@pytest.mark.parametrize("status", [400, 401, 404, 409, 422, 500])
def test_a_refusal_is_final(status: int) -> None:
    with (
        scripted(Answer(status, {"title": "No"})) as script,
        Client(script.url) as client,
        pytest.raises(Refused) as refusal,
    ):
        client.catalog()
    assert refusal.value.status == status
    assert len(script.asked) == 1


def test_what_may_have_happened_is_not_asked_for_twice() -> None:
    with scripted(_JOB, HANG_UP) as script, Client(script.url) as client:
        job = client.submit({})
        with pytest.raises(Unreachable):
            job.cancel()
        with pytest.raises(Unreachable):
            job.delete()
    assert [request.method for request in script.asked] == ["POST", "POST", "DELETE"]


def test_nobody_waits_long_for_what_never_was_there() -> None:
    began = time.monotonic()
    with (
        Client(f"http://127.0.0.1:{closed_port()}", patience=600) as client,
        pytest.raises(Unreachable, match="`gradclinic up` starts one"),
    ):
        client.catalog()
    assert time.monotonic() - began < 60


def test_a_service_that_comes_back_is_waited_for() -> None:
    with (
        scripted(Answer(body={}), HANG_UP, HANG_UP, Answer(body={"back": True})) as script,
        Client(script.url) as client,
    ):
        client.catalog()
        assert client.catalog() == {"back": True}


@pytest.mark.parametrize("body", [b"<html>", b""])
def test_what_is_no_gradient_clinic_is_told_so(body: bytes) -> None:
    with (
        scripted(Answer(body=body)) as script,
        Client(script.url) as client,
        pytest.raises(Unreachable, match="not a Gradient Clinic"),
    ):
        client.catalog()


@pytest.mark.parametrize("body", [b"<html>", b"[1]", b"\xff"])
def test_a_refusal_by_somebody_else_is_told_by_its_status(body: bytes) -> None:
    with (
        scripted(Answer(502, body)) as script,
        Client(script.url) as client,
        pytest.raises(Refused, match=r"^Bad Gateway \(502\)$"),
    ):
        client.catalog()


def test_what_sends_us_round_in_circles_is_no_gradient_clinic() -> None:
    with (
        scripted(Answer(302, b"", {"Location": "/v1/catalog"})) as script,
        Client(script.url) as client,
        pytest.raises(Unreachable, match="redirects"),
    ):
        client.catalog()


@pytest.mark.parametrize("url", ["http://[", "nowhere", "ftp://127.0.0.1", "http://127.0.0.1:99999"])
def test_an_address_that_is_none_is_told_so(url: str) -> None:
    with pytest.raises(Unreachable, match="No Gradient Clinic answers at"), Client(url) as client:
        client.catalog()


@pytest.mark.parametrize("usegmt", [True, False])
@pytest.mark.parametrize(("hours", "seconds"), [(1, 3600.0), (-1, 0.0)], ids=["to come", "gone by"])
def test_a_date_is_a_wish_too(hours: int, seconds: float, usegmt: bool) -> None:
    said = format_datetime(datetime.now(UTC) + timedelta(hours=hours), usegmt=usegmt)
    assert Patience(10_000).pause(said) == pytest.approx(seconds, abs=60)


@pytest.mark.parametrize("said", [None, "soon", "-1", "²"])
def test_without_a_wish_the_pauses_grow(said: str | None) -> None:
    patience = Patience(1000)
    pauses = [patience.pause(said) or 0.0 for _ in range(20)]
    assert 0 < pauses[0] < 0.2
    assert pauses[0] < pauses[2] < pauses[4]
    assert max(pauses) < 10
