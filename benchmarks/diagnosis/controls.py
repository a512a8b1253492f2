"""Every rule on every healthy control over five seeds: how often it raises a false alarm."""

from collections import Counter
from typing import Any

from benchmarks.diagnosis.catalogue import BY_NAME, CASES
from benchmarks.diagnosis.opinion import TITLES, TOOLS, Opinion, opinions
from benchmarks.diagnosis.score import Share
from benchmarks.diagnosis.train import on_every_core, trained
from service.diagnosis.profiles import OWN

SEEDS = range(5)


def run() -> list[dict[str, Any]]:
    """A row for each tool, and one for each of our rules that is not silent."""
    asked = [(case.name, seed) for case in CASES if case.healthy for seed in SEEDS]
    said = list(on_every_core(_examined, asked))
    rows = [_row(TITLES[tool], "any", sum(bool(each[tool].alarms) for each in said), len(said)) for tool in TOOLS]
    alarms = Counter(alarm for each in said for alarm in each[OWN].alarms)
    rows += [_row(TITLES[OWN], rule, count, len(said)) for rule, count in alarms.most_common()]
    rows[0]["missed"] = "a false alarm" if alarms else ""
    return rows


def _examined(asked: tuple[str, int]) -> dict[str, Opinion]:
    name, seed = asked
    resolved = BY_NAME[name].run(seed)
    return opinions(trained(resolved), resolved)


def _row(tool: str, rule: str, alarms: int, runs: int) -> dict[str, Any]:
    return {"tool": tool, "rule": rule, "runs": runs, "false alarms": str(Share(alarms, runs)), "missed": ""}
