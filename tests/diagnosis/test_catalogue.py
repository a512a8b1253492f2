"""What the catalogue and the dashboard show of a rule is its own docstring, so it has to be there."""

from collections.abc import Iterator
from typing import Annotated

import pytest

from service.diagnosis import RULES, Finding, Rule
from service.diagnosis.rule import Source, rule
from service.spec.run import RunSpec
from service.trace.trace import Trace

FOUNDATION = {"vanishing_gradient", "exploding_gradient", "non_finite", "dead_units", "saturated_activations"}


def test_finds_the_rules_by_walking_the_folder() -> None:
    assert set(RULES) >= FOUNDATION


@pytest.mark.parametrize("unit", RULES.values(), ids=RULES)
def test_every_rule_says_what_it_sees_why_it_hurts_and_what_to_try(unit: Rule) -> None:
    assert unit.summary.endswith(".")
    for section in (unit.symptom, unit.why_it_hurts, unit.what_to_try):
        assert len(section.split()) > 8
    assert unit.reference


@pytest.mark.parametrize("unit", RULES.values(), ids=RULES)
def test_every_threshold_has_a_default_and_a_source(unit: Rule) -> None:
    for threshold in unit.thresholds:
        assert threshold.default > 0
        assert len(threshold.source.split()) > 3


def test_refuses_a_docstring_without_the_headings() -> None:
    def unfinished(trace: Trace, run: RunSpec) -> Iterator[Finding]:
        """Something is wrong. Symptom. It hurts."""
        yield from ()

    with pytest.raises(TypeError, match=r"unfinished lacks the heading 'Why it hurts.'"):
        rule(reference="nobody")(unfinished)


def test_refuses_a_threshold_without_a_source() -> None:
    def unfounded(trace: Trace, run: RunSpec, *, ratio: Annotated[float, "a guess"] = 1.0) -> Iterator[Finding]:
        """Wrong. Symptom. S. Why it hurts. W. What to try. T."""
        yield from ()

    with pytest.raises(TypeError, match="threshold ratio of rule unfounded needs one Source"):
        rule(reference="nobody")(unfounded)


def test_reads_the_sections() -> None:
    def founded(
        trace: Trace, run: RunSpec, *, ratio: Annotated[float, Source("Nobody 1900")] = 0.5
    ) -> Iterator[Finding]:
        """Wrong.

        Symptom. Seen
        here.

        Why it hurts. It does.

        What to try. Something else.
        """
        yield from ()

    made = rule(reference="Nobody 1900")(founded)
    assert (made.name, made.summary, made.symptom) == ("founded", "Wrong.", "Seen here.")
    assert (made.why_it_hurts, made.what_to_try) == ("It does.", "Something else.")
    assert [(known.name, known.default, known.source) for known in made.thresholds] == [("ratio", 0.5, "Nobody 1900")]
