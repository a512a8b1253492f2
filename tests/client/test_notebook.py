"""The notebook, executed by a kernel of its own against a real service; the README shows its first cell."""

import io
import json
import os
import re
import subprocess
import sys
from base64 import b64decode
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from matplotlib.image import imread
from numpy.typing import NDArray

from tests.embedded import ROOT

_NOTEBOOK = ROOT / "examples" / "notebook.ipynb"
# In a process of its own: a kernel's client brings loops and sockets that are no business of the other tests.
_EXECUTE = """
import sys, nbclient, nbformat
source, target, probe = sys.argv[1:]
notebook = nbformat.read(source, as_version=4)
nbformat.validate(notebook)
notebook.cells.append(nbformat.v4.new_code_cell(probe))
nbclient.NotebookClient(notebook, timeout=100, kernel_name="python3").execute()
nbformat.write(notebook, target)
"""
# What the cells before have left behind.
_PROBE = """
import json, sys
_trace = job.trace("grad_norm")
print(json.dumps({
    "python": sys.executable, "job": job.id, "cured": cured.id, "verdicts": [job.verdict, cured.verdict],
    "values": _trace.values.tolist(), "layers": _trace.layers,
    "ratio": (ratio["00 linear"] / ratio["40 linear"]).mean(),
}))
"""
Cell = dict[str, Any]


def _cells() -> dict[str, Cell]:
    """The code cells as committed, by id."""
    return {cell["id"]: cell for cell in json.loads(_NOTEBOOK.read_text())["cells"] if cell["cell_type"] == "code"}


@pytest.fixture(scope="module")
def outputs(service_url: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Cell]]:
    """What each code cell puts out, by id; that of the probe under `probe`."""
    folder = tmp_path_factory.mktemp("notebook")
    own = {
        "PYTHONPATH": str(ROOT), "GRADCLINIC_URL": service_url, "HOME": str(folder), "JUPYTER_PLATFORM_DIRS": "1",
    }  # fmt: skip
    inherited = {name: value for name, value in os.environ.items() if name not in {"MPLBACKEND", "GRADCLINIC_API_KEY"}}
    command = [sys.executable, "-c", _EXECUTE, str(_NOTEBOOK), str(folder / "done.ipynb"), _PROBE]
    ended = subprocess.run(
        command, cwd=folder, env=inherited | own, capture_output=True, text=True, timeout=110, check=False
    )
    assert ended.returncode == 0, ended.stderr
    *cells, probe = (
        cell for cell in json.loads((folder / "done.ipynb").read_text())["cells"] if cell["cell_type"] == "code"
    )
    return {cell["id"]: cell["outputs"] for cell in cells} | {"probe": probe["outputs"]}


@pytest.fixture(scope="module")
def left(outputs: dict[str, list[Cell]]) -> dict[str, Any]:
    """What the probe saw."""
    (output,) = outputs["probe"]
    found: dict[str, Any] = json.loads("".join(output["text"]))
    return found


def _of_type(cell: list[Cell], kind: str) -> list[str]:
    """The outputs of a cell that have a form of this type."""
    return ["".join(output["data"][kind]) for output in cell if kind in output.get("data", {})]


def _pixels(cell: list[Cell]) -> NDArray[np.float64]:
    """[height, width, 3] the one picture of a cell."""
    (picture,) = _of_type(cell, "image/png")
    pixels: NDArray[np.float64] = imread(io.BytesIO(b64decode(picture)))[..., :3]
    return pixels


def test_the_kernel_runs_this_python(left: dict[str, Any]) -> None:
    assert Path(left["python"]).samefile(sys.executable)
    assert Path(left["python"]).parent == Path(sys.executable).parent


def test_the_first_cell_draws_the_gradient(outputs: dict[str, list[Cell]]) -> None:
    pixels = _pixels(outputs["heatmap"])
    assert min(pixels.shape[:2]) > 300
    column = pixels[:, pixels.shape[1] // 2]
    # Viridis: from dark violet, where the gradient has vanished, to yellow.
    violet, yellow = (np.flatnonzero(np.abs(column - colour).max(axis=1) < 0.15) for colour in _ENDS)
    assert violet.size > 10
    assert yellow.size > 5
    assert violet.max() < yellow.min()


_ENDS = ((0.267, 0.005, 0.329), (0.993, 0.906, 0.144))


def test_progress_is_one_line_that_ends_with_the_verdict(outputs: dict[str, list[Cell]]) -> None:
    for cell, name, verdict in (("heatmap", "twenty sigmoids", "vanishing_gradient"), ("rerun", "cured", "healthy")):
        (line,) = _of_type(outputs[cell], "text/html")
        assert line.startswith(f'<div>{name} <progress value="300" max="300"')
        assert f"<b>{verdict}</b>" in line


def test_nothing_is_put_out_but_what_is_meant(outputs: dict[str, list[Cell]]) -> None:
    kinds = {cell: [output["output_type"] for output in put] for cell, put in outputs.items()}
    assert kinds == {
        "heatmap": ["display_data", "display_data"],
        "explanation": ["execute_result"],
        "rerun": ["display_data", "execute_result"],
        "comparison": ["display_data"],
        "table": ["execute_result"],
        "frame": ["execute_result"],
        "probe": ["stream"],
    }


def test_the_numbers_are_those_of_the_service(left: dict[str, Any], service_url: str) -> None:
    jobs = httpx.Client(base_url=f"{service_url}/v1/jobs")
    with jobs:
        said = jobs.get(f"/{left['job']}/traces", params={"metric": "grad_norm"}).raise_for_status().json()
        verdicts = [jobs.get(f"/{left[name]}").json()["diagnosis"]["verdict"] for name in ("job", "cured")]
    assert left["values"] == said["values"]
    assert left["layers"] == said["layers"]
    assert left["verdicts"] == verdicts == ["vanishing_gradient", "healthy"]
    values = np.array(said["values"])
    assert left["ratio"] == pytest.approx((values[0] / values[-1]).mean())
    assert left["ratio"] < 1e-6


def test_the_remedies_are_told_and_cure(outputs: dict[str, list[Cell]]) -> None:
    (explanation,) = _of_type(outputs["explanation"], "text/plain")
    assert "of the backward signal at 40 linear reaches 00 linear" in explanation
    (remedies,) = _of_type(outputs["rerun"], "text/plain")[1:]
    assert re.findall(r"'kind': '(\w+)'", remedies) == ["activation", "initialization", "optimizer"]
    (table,) = _of_type(outputs["table"], "text/html")
    assert re.findall(r"<td>(vanishing_gradient|healthy)</td>", table) == ["vanishing_gradient", "healthy"]


def test_both_pictures_share_a_scale(outputs: dict[str, list[Cell]]) -> None:
    pixels = _pixels(outputs["comparison"])
    sick, cured = (pixels[:, round(pixels.shape[1] * place)] for place in (0.25, 0.7))
    violet = np.array(_ENDS[0])
    assert (np.abs(sick - violet).max(axis=1) < 0.15).sum() > 10
    assert (np.abs(cured - violet).max(axis=1) < 0.15).sum() == 0


def test_it_is_committed_as_it_was_written() -> None:
    for cell in _cells().values():
        assert cell["outputs"] == []
        assert cell["execution_count"] is None
        assert cell["metadata"] == {}


def test_the_readme_shows_the_first_cell_in_ten_lines() -> None:
    section = (ROOT / "README.md").read_text().partition("## In a notebook\n")[2].partition("\n## ")[0]
    (shell, python) = re.findall(r"```(?:sh|python)\n(.*?)```", section, re.DOTALL)
    # The semicolon keeps a notebook from showing the value beside the picture.
    assert python.strip() + ";" == "".join(_cells()["heatmap"]["source"])
    assert len(shell.splitlines()) + len(python.splitlines()) <= 10
