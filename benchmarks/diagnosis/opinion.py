"""What a tool says of a case, in our words."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.diagnosis.case import Case
from service.diagnosis import Finding, verdict
from service.diagnosis.diagnose import HEALTHY, diagnose
from service.diagnosis.profiles import OWN, PROFILES, ProfileName
from service.spec.run import RunSpec
from service.trace.trace import Trace

TOOLS: tuple[ProfileName, ...] = (OWN, "sagemaker_debugger", "autotrainer", "deepdiagnosis")
TITLES = {
    OWN: "Gradient Clinic",
    "sagemaker_debugger": "SageMaker Debugger",
    "autotrainer": "AutoTrainer",
    "deepdiagnosis": "DeepDiagnosis",
}


@dataclass(frozen=True, slots=True)
class Opinion:
    """A tool on a case."""

    alarms: tuple[str, ...]
    """The tool's own names of what it found, information left out; none where it thinks the network healthy."""
    verdicts: frozenset[str]
    """What that comes to in our rules' names."""
    causes: frozenset[str]

    def names(self, case: Case) -> bool:
        """Whether an accepted verdict is among them."""
        return not self.verdicts.isdisjoint(case.verdicts)

    def explains(self, case: Case) -> bool:
        """Whether an accepted cause is among them as well."""
        return self.names(case) and not self.causes.isdisjoint(case.causes)


def opinions(trace: Trace, run: RunSpec) -> dict[str, Opinion]:
    """What each tool says of a trace.

    We are held to our verdict, a single one. Other tools rank nothing, so any of their findings may be the one that is
    right, and a finding that says the same as several of our rules counts for each of them.
    """
    return {tool: (_ours if tool == OWN else _theirs)(tool, diagnose(trace, run, tool)) for tool in TOOLS}


def _ours(_: str, findings: Sequence[Finding]) -> Opinion:
    name = verdict(findings)
    if name == HEALTHY:
        return Opinion((), frozenset(), frozenset())
    primary = next(finding for finding in findings if finding.rule == name)
    return Opinion((name,), frozenset({name}), frozenset({primary.cause}))


def _theirs(tool: str, findings: Sequence[Finding]) -> Opinion:
    told = [finding for finding in findings if finding.severity != "info"]
    meant = [PROFILES[tool].rule(finding.rule).ours for finding in told]
    return Opinion(
        tuple(finding.rule for finding in told),
        frozenset(name for names in meant for name in names),
        frozenset(finding.cause for finding in told if finding.cause != "unknown"),
    )
