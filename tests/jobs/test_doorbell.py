"""The broker as a doorbell."""

import base64
import time

import orjson
import pytest

from service.jobs.doorbell import TASK, BrokerUnavailable, Doorbell
from tests.brokers import Valkey


def test_a_message_is_the_name_of_the_task_and_the_id_of_the_job(own_valkey: Valkey) -> None:
    bell = Doorbell(own_valkey.url)
    bell.ring("job_1")
    bell.ring("job_2")
    bell.close()
    with own_valkey.client() as client:
        assert client.llen("gradclinic:celery") == 2
        message = orjson.loads(client.rpop("gradclinic:celery"))
    assert message["headers"]["task"] == TASK == "gradclinic.train"
    assert message["content-type"] == "application/json"
    arguments, named, _ = orjson.loads(base64.b64decode(message["body"]))
    assert (arguments, named) == (["job_1"], {})


def test_a_broker_that_is_gone_is_told_at_once_and_forgiven(own_valkey: Valkey) -> None:
    bell = Doorbell(own_valkey.url)
    bell.ring("job_1")
    bell.check()
    own_valkey.kill()
    begin = time.monotonic()
    with pytest.raises(BrokerUnavailable):
        bell.ring("job_2")
    with pytest.raises(BrokerUnavailable):
        bell.check()
    assert time.monotonic() - begin < 3
    own_valkey.start()
    bell.check()
    bell.ring("job_3")
    bell.close()
    with own_valkey.client() as client:
        assert client.llen("gradclinic:celery") == 1


def test_a_broker_that_was_never_there_is_told_too() -> None:
    bell = Doorbell("redis://127.0.0.1:1/0")
    with pytest.raises(BrokerUnavailable):
        bell.ring("job_1")
    bell.close()
