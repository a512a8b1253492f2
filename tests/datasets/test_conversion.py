"""The process that converts: what it may not have, and what becomes of it."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import anyio
import psutil
import pytest

from service.datasets import conversion
from service.datasets.conversion import convert
from service.datasets.folders import UPLOAD
from service.datasets.workplace import Order
from service.errors import StorageFull, UnreadableDataset
from service.spec.data.sources.uploaded import Description
from tests.datasets.files import IRIS, converted
from tests.loops import run
from tests.packaging.repository import ROOT

ORDER = Order(None, "auto", 1 << 26)


def _children() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


def _uploaded(folder: Path, text: str = IRIS) -> Path:
    (folder / UPLOAD).write_text(text)
    return folder


def test_it_answers_as_it_does_in_this_process(tmp_path: Path) -> None:
    made = run(convert, _uploaded(tmp_path), ORDER)
    (tmp_path / "again").mkdir()
    told = converted(tmp_path / "again", IRIS)["dataset"]
    assert (made.format, made.bytes) == (told["format"], told["bytes"])
    assert json.loads(made.contents) == told["contents"]
    described = Description.model_validate_json(made.description)
    assert described == Description.model_validate_json(json.dumps(told["description"]))


def test_what_is_wrong_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDataset, match="There is no column `color`") as raised:
        run(convert, _uploaded(tmp_path), Order("color", "auto", 1 << 26))
    assert raised.value.errors[0]["pointer"] == "/target"


def test_it_is_told_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADCLINIC_API_KEYS", "secret")
    monkeypatch.setenv("GRADCLINIC_DATABASE_URL", "postgresql://lab:secret@host/name")
    given = conversion._environment()
    assert "secret" not in str(given)
    assert not [name for name in given if name.startswith("GRADCLINIC_")]


def test_it_is_confined() -> None:
    program = (
        "import resource as r, os; from service.datasets.convert import confine; confine(1 << 20)\n"
        "print(r.getrlimit(r.RLIMIT_CPU)[1], r.getrlimit(r.RLIMIT_CORE)[1], os.nice(0))\n"
        "try:\n bytearray(2 << 30)\n"
        "except MemoryError:\n print('refused')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    limits, answer = done.stdout.splitlines()
    assert limits == f"240 0 {min(19, os.nice(0) + 10)}"
    assert answer == "refused"


def test_too_much_memory_is_a_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hungry(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("service.datasets.csv_file.convert", hungry)
    assert "takes too much memory" in converted(tmp_path, IRIS)["refused"]["detail"]


@pytest.mark.parametrize("case", ["too slow", "killed"])
def test_one_that_does_not_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    program = "import os, time; os.kill(os.getpid(), 24)" if case == "killed" else "import time; time.sleep(60)"
    monkeypatch.setattr(conversion, "_SECONDS", 60.0 if case == "killed" else 0.3)
    monkeypatch.setattr(conversion, "_command", lambda *_: [sys.executable, "-c", program])
    before, started = _children(), time.monotonic()
    with pytest.raises(UnreadableDataset, match="takes too long, or too much memory; send less"):
        run(convert, _uploaded(tmp_path), ORDER)
    assert time.monotonic() - started < 30
    assert _children() == before


def test_one_that_is_not_waited_for_any_more_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversion, "_command", lambda *_: [sys.executable, "-c", "import time; time.sleep(60)"])
    before = _children()

    async def impatient() -> None:
        with anyio.move_on_after(0.3):
            await convert(tmp_path, ORDER)

    run(impatient)
    assert _children() == before


def test_a_defect_is_logged_and_tells_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(UnreadableDataset, match="could not be read; the service's log has the details"):
        run(convert, tmp_path / "nowhere", ORDER)
    assert "FileNotFoundError" in caplog.text


def test_a_full_disk_is_the_service_s_own_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limited = (
        "import errno, sys; from service.datasets import convert, csv_file\n"
        "def full(place): raise OSError(errno.ENOSPC, 'full')\n"
        "csv_file.convert = full; sys.exit(convert.main())"
    )
    command = conversion._command
    monkeypatch.setattr(conversion, "_command", lambda *of: [sys.executable, "-c", limited, *command(*of)[4:]])
    with pytest.raises(StorageFull):
        run(convert, _uploaded(tmp_path), ORDER)
