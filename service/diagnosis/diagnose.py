"""The diagnosis of a run: every rule, ranked by root cause."""

from collections.abc import Sequence

from service.diagnosis.catalogue import RULES
from service.diagnosis.finding import Diagnosis, Finding
from service.diagnosis.profiles import OWN, PROFILES, ProfileName
from service.diagnosis.root_cause import by_root_cause
from service.spec.run import RunSpec
from service.trace.trace import Trace

HEALTHY = "healthy"


def diagnose(trace: Trace, run: RunSpec, profile: ProfileName = OWN) -> tuple[Finding, ...]:
    """What the trace so far shows of `run`, the resolved experiment; the root cause first.

    Before the last step rules are slower to speak, and may take a finding back: the whole trace has the last word.
    `profile`: whose rules; those of another tool come as that tool would tell them.
    """
    if profile != OWN:
        return PROFILES[profile].findings(trace, run)
    found = [finding for rule in RULES.values() if not rule.last_resort for finding in rule(trace, run)]
    if verdict(found) == HEALTHY:
        found += [finding for rule in RULES.values() if rule.last_resort for finding in rule(trace, run)]
    return by_root_cause(found)


def verdict(findings: Sequence[Finding]) -> str:
    """The rule of the primary finding, or `healthy`."""
    return next((finding.rule for finding in findings if finding.severity != "info"), HEALTHY)


def conclude(findings: Sequence[Finding]) -> Diagnosis:
    """The diagnosis that the findings of a whole trace make."""
    name = verdict(findings)
    return Diagnosis(status="healthy" if name == HEALTHY else "issues_found", verdict=name, findings=tuple(findings))
