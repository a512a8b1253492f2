"""The broker: a doorbell that carries a job's id and nothing else. The worker is named by string, never imported."""

from typing import Any

from celery import Celery
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

TASK = "gradclinic.train"
# Of both ends: a worker listens only where the bell rings. A blackhole is noticed within these seconds.
TRANSPORT: dict[str, Any] = {
    "socket_timeout": 30,
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
    "health_check_interval": 25,
    "visibility_timeout": 3600,
    "global_keyprefix": "gradclinic:",
}
# Of the sending end: it has its own patience, see `service.jobs.dispatcher`.
_AT_ONCE = {"max_retries": 1, "interval_start": 0, "interval_step": 0, "socket_timeout": 5}


class BrokerUnavailable(Exception):
    """The broker does not answer. Nothing is lost: the dispatcher rings again."""


class Doorbell:
    """The sending end. `broker_url` is a Redis or Valkey URL as Celery writes them."""

    def __init__(self, broker_url: str) -> None:
        self._celery = Celery("gradclinic", broker=broker_url, set_as_current=False, fixups=[])
        self._celery.conf.broker_transport_options = TRANSPORT | _AT_ONCE

    def ring(self, job_id: str) -> None:
        """Tells the workers that this job waits. Raises `BrokerUnavailable` within seconds."""
        try:
            # A connection of its own: Celery's pools belong to the process, and closing one ends every other sender.
            with self._celery.connection_for_write() as connection:
                self._celery.send_task(TASK, [job_id], connection=connection, retry=False, ignore_result=True)
        except (OperationalError, RedisError, OSError) as error:
            raise BrokerUnavailable(str(error)) from error

    def pending(self) -> int:
        """How many messages no worker has taken yet. Raises `BrokerUnavailable`."""
        try:
            with self._celery.connection_for_write() as connection:
                return int(connection.default_channel.client.llen(self._celery.conf.task_default_queue))
        except (OperationalError, RedisError, OSError) as error:
            raise BrokerUnavailable(str(error)) from error

    def check(self) -> None:
        """Raises `BrokerUnavailable` unless the broker answers."""
        try:
            with self._celery.connection_for_write() as connection:
                connection.default_channel.client.ping()
        except (OperationalError, RedisError, OSError) as error:
            raise BrokerUnavailable(str(error)) from error

    def close(self) -> None:
        """Forgets the broker."""
        self._celery.close()
