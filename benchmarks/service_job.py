"""The contract's example, 300 steps, from POST to `succeeded`, over the same loop as a plain script."""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx

from benchmarks.paired import Ratio
from tests.embedded import embedded

EXAMPLE = Path(__file__).parents[1] / "examples" / "deep-sigmoid.json"
SCRIPT = Path(__file__).with_name("plain_script.py")
LIMIT = 1.3
PAIRS = 9


def run() -> list[dict[str, Any]]:
    """One row: a job on a warm worker over the training loop of a script that has imported and loaded everything."""
    with tempfile.TemporaryDirectory() as folder, embedded(Path(folder) / "data") as service:
        script = subprocess.Popen(
            [sys.executable, str(SCRIPT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        with httpx.Client(base_url=service.url, timeout=120) as client, script:
            _job(client), _script(script)
            ratios = sorted(_job(client) / _script(script) for _ in range(PAIRS))
            script.terminate()
    quartiles = statistics.quantiles(ratios, n=4)
    ratio = Ratio(statistics.median(ratios), quartiles[0], quartiles[2], PAIRS)
    return [{"job": "20×64 sigmoid MLP, 300 steps", "through the service / plain script": ratio, "limit": LIMIT}]


def _job(client: httpx.Client) -> float:
    start = time.perf_counter()
    answer = client.post(
        "/v1/jobs", content=EXAMPLE.read_bytes(), headers={"content-type": "application/json", "prefer": "wait=60"}
    )
    assert answer.json()["state"] == "succeeded", answer.text
    return time.perf_counter() - start


def _script(script: "subprocess.Popen[str]") -> float:
    assert script.stdin
    assert script.stdout
    script.stdin.write("\n")
    script.stdin.flush()
    return float(script.stdout.readline())
