"""What a profile is: another tool's rules, each a function from a trace to a sign that it would raise."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from service.diagnosis.finding import Cause, Finding, Severity
from service.diagnosis.rule import Threshold, thresholds_of
from service.spec.run import RunSpec
from service.trace.trace import Trace


@dataclass(frozen=True, slots=True)
class Sign:
    """What made a rule fire."""

    layers: tuple[str, ...]
    """In depth order; none where it is the network as a whole."""
    first_step: int
    last_step: int
    value: float | None
    threshold: float | None
    cause: Cause = "unknown"
    """What the tool holds responsible, where it says anything of it."""


@dataclass(frozen=True, slots=True)
class ToolRule:
    """A rule of another tool, by the name it has there."""

    name: str
    doc: str
    """When it fires there."""
    reading: str
    """How a trace is read for it: what is exact, and what is approximated."""
    ours: tuple[str, ...]
    """Our rules that say the same."""
    severity: Severity
    thresholds: tuple[Threshold, ...]
    check: Callable[..., Sign | None]

    def finding(self, sign: Sign) -> Finding:
        """What the rule has to say, as a finding."""
        return Finding(
            rule=self.name,
            severity=self.severity,
            cause=sign.cause,
            layers=sign.layers,
            first_step=sign.first_step,
            last_step=sign.last_step,
            value=sign.value,
            threshold=sign.threshold,
            explanation=f"{self.doc} {self.reading}",
        )


def tool_rule(
    name: str, *ours: str, severity: Severity = "warning"
) -> Callable[[Callable[..., Sign | None]], ToolRule]:
    """Makes a tool's rule of a function: its docstring says when the rule fires there, and behind `Here:` how it is
    read here; keyword defaults are the tool's thresholds, with their sources."""

    def made(check: Callable[..., Sign | None]) -> ToolRule:
        text = " ".join(inspect.cleandoc(check.__doc__ or "").split())
        doc, found, reading = text.partition("Here:")
        if not found:
            raise TypeError(f"the docstring of {check.__name__} does not say how it is read here")
        return ToolRule(name, doc.strip(), f"Here:{reading}", ours, severity, thresholds_of(check), check)

    return made


Signs = Sequence[tuple[ToolRule, Sign]]


@dataclass(frozen=True, slots=True)
class Profile:
    """A tool."""

    name: str
    doc: str
    reference: str
    rules: tuple[ToolRule, ...]
    report: Callable[[Trace, RunSpec, Signs], Signs] = lambda _trace, _run, signs: signs
    """What the tool tells of the signs it sees: all of them, or the first."""

    def findings(self, trace: Trace, run: RunSpec) -> tuple[Finding, ...]:
        """What the tool would say of the trace."""
        with np.errstate(all="ignore"):  # NaN and infinities are data
            signs = [(rule, sign) for rule in self.rules if (sign := rule.check(trace, run)) is not None]
            return tuple(rule.finding(sign) for rule, sign in self.report(trace, run, signs))

    def rule(self, name: str) -> ToolRule:
        """A rule by its name there."""
        return next(rule for rule in self.rules if rule.name == name)
