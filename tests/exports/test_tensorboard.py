"""TensorBoard's event file, read by TensorBoard."""

import json
import subprocess
import sys
from pathlib import Path

import httpx
import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from service.exports.tags import tags
from service.store.database import Database
from tests.api.serving import json_of
from tests.api.stories import START, queued
from tests.exports.recorded import LAYERS, RECURRENT, columns, export, exported

_ALL = {"scalars": 0, "histograms": 0, "tensors": 0}


def opened(content: bytes, folder: Path) -> EventAccumulator:
    """What TensorBoard reads of a file that was downloaded to `folder`; of all points, none chosen."""
    (folder / "job.tfevents").write_bytes(content)
    reader = EventAccumulator(str(folder), size_guidance=_ALL)
    return reader.Reload()


@pytest.fixture
def read(api: httpx.Client, job: str, tmp_path: Path) -> EventAccumulator:
    return opened(exported(api, job, "tensorboard", max_points=0).content, tmp_path)


def test_scalars_are_the_numbers_of_the_api_and_what_is_not_finite_is_counted(
    read: EventAccumulator, api: httpx.Client, job: str
) -> None:
    seen: set[str] = set()
    for metric, kind in (("grad_norm", "traces"), ("time_delta_norm", "traces"), ("loss", "curves")):
        steps, layers, values, bad = columns(api, job, metric, kind)
        for column, layer in enumerate(layers):
            tag = f"curves/{metric}" if kind == "curves" else f"{metric}/{layer.replace(' ', '_')}"
            told = {event.step: event.value for event in read.Scalars(tag)}
            number = dict(zip(steps, values[:, column].tolist(), strict=True))
            assert told == {step: value for step, value in number.items() if np.isfinite(value)}
            counts = {step: count for step, count in zip(steps, bad[:, column].tolist(), strict=True) if count}
            if counts:
                assert {event.step: event.value for event in read.Scalars(f"nonfinite/{tag}")} == counts
                seen.add(f"nonfinite/{tag}")
            seen.add(tag)
    of_all = {tag for tag in read.Tags()["scalars"] if "log10_gradient" not in tag}
    assert of_all - seen == {"curves/grad_norm", "nonfinite/curves/grad_norm"}
    assert "grad_norm/00_rnn" in seen
    assert "nonfinite/time_delta_norm/00_rnn_t03" in seen


def test_the_time_is_that_of_the_trace(read: EventAccumulator) -> None:
    times = [event.wall_time for event in read.Scalars("grad_norm/01_linear")]
    steps = [event.step for event in read.Scalars("grad_norm/01_linear")]
    assert times == (START + 0.1 * np.array(steps)).tolist()


def test_histograms_are_of_log10(read: EventAccumulator, api: httpx.Client, job: str) -> None:
    assert read.Tags()["histograms"] == ["log10_gradient/00_rnn"]
    found = read.Histograms("log10_gradient/00_rnn")
    assert [event.step for event in found] == [0, 100, 299]
    bins = json_of(api.get(f"/v1/jobs/{job}/histograms", params={"layer": LAYERS[0], "step": 100}))["bins"]
    value = found[1].histogram_value
    assert value.bucket_limit == pytest.approx([bins[0]["lo"], *(row["hi"] for row in bins)])
    assert value.bucket == [0, *(row["count"] for row in bins)]
    assert (value.num, value.min, value.max) == (16, value.bucket_limit[0], value.bucket_limit[-1])
    assert [event.value for event in read.Scalars("zeros/log10_gradient/00_rnn")] == [3, 3, 3]
    assert [event.value for event in read.Scalars("nonfinite/log10_gradient/01_linear")] == [5, 5, 5]


def test_the_job_its_layers_and_its_findings_are_texts(read: EventAccumulator, job: str) -> None:
    texts = {
        tag.split("/")[1]: read.Tensors(tag)[0].tensor_proto.string_val[0].decode() for tag in read.Tags()["tensors"]
    }
    assert json.loads(texts["job"].strip("`\n"))["id"] == job
    assert "| 0 | 00 rnn | rnn |" in texts["layers"]
    assert "| exploding_gradient | critical | learning_rate | 02 linear, 00 linear | 7 | 260 |" in texts["findings"]
    assert {line.count(" | ") for line in texts["findings"].strip().splitlines()} == {9}


def test_as_many_points_as_tensorboard_loads_keep_a_spike(api: httpx.Client, job: str, tmp_path: Path) -> None:
    read = opened(exported(api, job, "tensorboard", max_points=10).content, tmp_path)
    found = read.Scalars("grad_norm/00_rnn")
    assert len(found) == 10
    assert max(event.value for event in found) == pytest.approx(1e30)
    assert sum(event.value for event in read.Scalars("nonfinite/grad_norm/01_linear")) == 2


def test_tensorboard_itself_serves_it(api: httpx.Client, job: str, tmp_path: Path) -> None:
    """As `tensorboard --inspect` sees the folder."""
    opened(exported(api, job, "tensorboard", max_points=0).content, tmp_path)
    command = [sys.executable, "-m", "tensorboard.main", "--inspect", "--logdir", str(tmp_path)]
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=100).stdout
    assert f"grad_norm/{LAYERS[0].replace(' ', '_')}" in told
    assert "log10_gradient/00_rnn" in told


def test_a_job_that_waits_has_its_layers(api: httpx.Client, database: Database, tmp_path: Path) -> None:
    read = opened(export(api, queued(database, **RECURRENT), "tensorboard").content, tmp_path)
    assert read.Tags()["scalars"] == []
    assert "gradclinic/layers/text_summary" in read.Tags()["tensors"]


def test_two_layers_never_share_a_tag() -> None:
    given = tags(["00 a b", "00 a_b", "00 a+b", "01 c"])
    assert list(given.values()) == ["00_a_b", "00_a_b_2", "00_a_b_3", "01_c"]
