"""Verdicts and causes on labeled experiments, ours and those of other tools' thresholds on the same traces.

Every case is trained once by the worker's engine. Of cases for scoring only the totals are told.
"""

import json
from pathlib import Path
from typing import Any

from benchmarks.diagnosis import tables
from benchmarks.diagnosis.case import SCORE, TUNE, Case
from benchmarks.diagnosis.catalogue import BY_NAME, CASES
from benchmarks.diagnosis.opinion import TITLES, TOOLS, Opinion, opinions
from benchmarks.diagnosis.score import Score, score
from benchmarks.diagnosis.train import on_every_core, trained
from service.diagnosis.profiles import OWN

MISSES = Path(__file__).parents[1] / "results" / "diagnosis_tuning_misses.json"
LEAST_RECALL, LEAST_CAUSE, MOST_FALSE_ALARMS = 0.95, 0.90, 0.02


def run() -> list[dict[str, Any]]:
    """A row for each tool and split; ours on the cases for scoring says what target it misses."""
    said = list(on_every_core(examined, BY_NAME))
    results = {tool: [(case, each[tool]) for case, each in zip(CASES, said, strict=True)] for tool in TOOLS}
    tables.write(results)
    _tell_misses([(case, opinion) for case, opinion in results[OWN] if case.split == TUNE])
    rows = []
    for split in (SCORE, TUNE):
        for tool in TOOLS:
            found = score((case, opinion) for case, opinion in results[tool] if case.split == split)
            missed = _missed(found) if (tool, split) == (OWN, SCORE) else ""
            rows.append({"tool": TITLES[tool], "cases": split, **_told(found), "missed": missed})
    return rows


def examined(name: str) -> dict[str, Opinion]:
    """What each tool says of a case."""
    resolved = BY_NAME[name].run()
    return opinions(trained(resolved), resolved)


def _told(found: Score) -> dict[str, str]:
    return {
        "recall": str(found.recall),
        "precision": str(found.precision),
        "verdict and cause": str(found.cause),
        "false alarms": str(found.false_alarms),
    }


def _missed(found: Score) -> str:
    reached = {
        f"recall under {LEAST_RECALL:.0%}": (found.recall.value or 0) >= LEAST_RECALL,
        f"cause under {LEAST_CAUSE:.0%}": (found.cause.value or 0) >= LEAST_CAUSE,
        f"false alarms over {MOST_FALSE_ALARMS:.0%}": (found.false_alarms.value or 0) <= MOST_FALSE_ALARMS,
    }
    return ", ".join(target for target, is_reached in reached.items() if not is_reached)


def _tell_misses(judged: list[tuple[Case, Opinion]]) -> None:
    """Prints and keeps what goes wrong among the cases for tuning."""
    wrong = [told for case, opinion in judged if (told := _wrong(case, opinion))]
    for told in wrong:
        print(f"{told['case']}: {told['wrong']}; said {told['said']}, accepted {told['accepted']}")
    MISSES.write_text(json.dumps(wrong, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _wrong(case: Case, opinion: Opinion) -> dict[str, str] | None:
    if case.healthy:
        wrong = "false alarm" if opinion.alarms else ""
    else:
        wrong = "" if opinion.explains(case) else "cause" if opinion.names(case) else "verdict"
    if not wrong:
        return None
    said = "/".join([*opinion.verdicts, *opinion.causes]) or "healthy"
    accepted = f"{'|'.join(case.verdicts)}/{'|'.join(sorted(case.causes))}"
    return {"case": case.name, "wrong": wrong, "said": said, "accepted": accepted, "why": case.why}
