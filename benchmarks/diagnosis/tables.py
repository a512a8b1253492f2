"""The tables of docs/diagnosis.md, as Markdown."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.diagnosis.case import SCORE, TUNE, Split
from benchmarks.diagnosis.opinion import TITLES, TOOLS
from benchmarks.diagnosis.score import Judged, Share, of_rule, score
from service.diagnosis import RULES
from service.diagnosis.diagnose import HEALTHY
from service.diagnosis.profiles import OWN

PAGE = Path(__file__).parents[2] / "docs" / "diagnosis.md"
BEGIN, END = "<!-- begin: written by `make bench` -->", "<!-- end -->"
_SPLITS: dict[Split, str] = {SCORE: "Cases for scoring only", TUNE: "Cases that rules were tuned on"}
ByTool = Mapping[str, Sequence[Judged]]


def page(results: ByTool) -> str:
    """All tables, between the markers."""
    parts = [f"### {title}\n\n{_tools(results, split)}\n{_rules(results, split)}" for split, title in _SPLITS.items()]
    return "\n".join([BEGIN, "", *parts, f"### What frightens the healthy\n\n{_frights(results)}", END])


def write(results: ByTool, path: Path = PAGE) -> None:
    """Puts the tables where the last ones stood."""
    before, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _, _, behind = rest.partition(END)
    path.write_text(before + page(results) + behind, encoding="utf-8")


def _tools(results: ByTool, split: Split) -> str:
    rows = []
    for tool in TOOLS:
        found = score(_of(results[tool], split))
        tells = any(opinion.causes for _, opinion in results[tool])
        cause = found.cause if tells else "names no cause"
        rows.append([TITLES[tool], found.recall, found.precision, cause, found.false_alarms])
    any_tool = _of(results[OWN], split)
    sick, well = sum(not case.healthy for case, _ in any_tool), sum(case.healthy for case, _ in any_tool)
    told = f"{sick} sick networks and {well} healthy ones; in brackets 95 % intervals (Wilson).\n\n"
    return told + _table(["tool", "recall", "precision", "verdict and cause", "false alarms"], rows)


def _rules(results: ByTool, split: Split) -> str:
    rows = []
    known = {case.verdicts[0] for case, _ in _of(results[OWN], split) if not case.healthy}
    for rule in sorted(known | set(RULES)):
        found = of_rule(_of(results[OWN], split), rule)
        peers = [_short(of_rule(_of(results[tool], split), rule).recall) for tool in TOOLS if tool != OWN]
        ours = (found.recall, found.precision, found.cause, found.false_alarms)
        rows.append([f"`{rule}`", *map(_short, ours), *peers])
    head = ["rule", "recall", "precision", "verdict and cause", "false alarms"]
    return _table([*head, *(f"recall: {TITLES[tool]}" for tool in TOOLS if tool != OWN)], rows)


def _frights(results: ByTool) -> str:
    rows = []
    for tool in TOOLS:
        well = [opinion for case, opinion in results[tool] if case.verdicts == (HEALTHY,)]
        for rule, count in Counter(rule for opinion in well for rule in opinion.alarms).most_common():
            rows.append([TITLES[tool], f"`{rule}`", _short(Share(count, len(well)))])
    return _table(["tool", "rule", "healthy networks it fires on"], rows)


def _of(judged: Sequence[Judged], split: Split) -> list[Judged]:
    return [(case, opinion) for case, opinion in judged if case.split == split]


def _short(share: Share) -> str:
    return f"{share.hits} of {share.of}" if share.of else "–"


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(map(str, line))} |\n" for line in lines)
