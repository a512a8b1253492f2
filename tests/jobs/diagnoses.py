"""Diagnoses for tests that need one."""

from service.diagnosis import Diagnosis
from service.diagnosis.finding import Finding

HEALTHY = Diagnosis(status="healthy", verdict="healthy", findings=())


def ill(*rules: str, last_step: int = 9) -> Diagnosis:
    """A diagnosis with a finding for each rule, the first of them the verdict."""
    findings = tuple(
        Finding(
            rule=rule,
            severity="critical",
            cause="depth",
            layers=("00 linear",),
            first_step=0,
            last_step=last_step,
            value=None,
            threshold=1e-3,
            explanation="…",
            remedies=(),
        )
        for rule in rules
    )
    return Diagnosis(status="issues_found", verdict=rules[0], findings=findings)
