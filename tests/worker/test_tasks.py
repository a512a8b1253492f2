"""The Celery app: what it promises the broker, and that the waiting process stays without torch."""

import subprocess
import sys
from pathlib import Path

import pytest

from service.jobs.doorbell import TASK, TRANSPORT
from tests.embedded import ROOT, command, environment

_WAITS = "import sys, worker.__main__; sys.exit(' '.join({'torch', 'sklearn', 'fastapi'} & set(sys.modules)) or 0)"
_SETTINGS = {
    "accept_content": ["json"],
    "broker_connection_max_retries": None,
    "broker_connection_retry_on_startup": True,
    "broker_transport_options": TRANSPORT,
    "result_backend": None,
    "task_acks_late": False,
    "task_ignore_result": True,
    "task_reject_on_worker_lost": False,
    "task_serializer": "json",
    "worker_cancel_long_running_tasks_on_connection_loss": False,
    "worker_concurrency": 1,
    "worker_disable_prefetch": True,
    "worker_enable_remote_control": False,
    "worker_pool": "prefork",
    "worker_pool_start_method": "spawn",
    "worker_prefetch_multiplier": 1,
    "worker_proc_alive_timeout": 60,
}


def test_the_waiting_process_imports_neither_torch_nor_a_web_framework(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _WAITS], env=environment(tmp_path), capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize("name", _SETTINGS)
def test_a_setting_is_as_the_design_needs_it(name: str) -> None:
    from worker.tasks import app

    assert app.conf[name] == _SETTINGS[name]


def test_the_one_task_has_the_name_that_the_service_rings() -> None:
    from worker.tasks import app

    assert [name for name in app.tasks if not name.startswith("celery.")] == [TASK]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [({}, "A worker needs GRADCLINIC_BROKER_URL"), ({"GRADCLINIC_DEVICE": "tpu"}, "GRADCLINIC_DEVICE")],
    ids=["no broker", "no such device"],
)
def test_a_worker_that_cannot_work_says_why(settings: dict[str, str], sentence: str, tmp_path: Path) -> None:
    ended = subprocess.run(
        command("worker"), env=environment(tmp_path, settings), capture_output=True, text=True, check=False, timeout=60
    )
    assert ended.returncode == 1
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr
