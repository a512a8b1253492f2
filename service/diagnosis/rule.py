"""What a rule is: a function from a trace to findings, with what the catalogue tells of it."""

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import get_args, get_type_hints

from service.diagnosis.finding import Finding
from service.spec.run import RunSpec
from service.trace.trace import Trace

HEADINGS = ("Symptom.", "Why it hurts.", "What to try.")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a threshold comes from, written beside it: `ratio: Annotated[float, Source("…")] = 1e-3`."""

    text: str


@dataclass(frozen=True, slots=True)
class Threshold:
    """A keyword of a rule."""

    name: str
    default: float
    source: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the catalogue; call it with a trace and the resolved run behind it."""

    name: str
    summary: str
    symptom: str
    why_it_hurts: str
    what_to_try: str
    reference: str
    thresholds: tuple[Threshold, ...]
    check: Callable[..., Iterable[Finding]]
    last_resort: bool = False
    """Asked only where no other rule has found an illness."""

    def __call__(self, trace: Trace, run: RunSpec, **thresholds: float) -> tuple[Finding, ...]:
        """The findings; none while there is too little to judge by. `thresholds` replace the defaults."""
        return tuple(self.check(trace, run, **thresholds))


def rule(*, reference: str, last_resort: bool = False) -> Callable[[Callable[..., Iterable[Finding]]], Rule]:
    """Makes a rule of a function: its docstring has the three headings, its keyword defaults their sources."""

    def made(check: Callable[..., Iterable[Finding]]) -> Rule:
        summary, symptom, why_it_hurts, what_to_try = _sections(check)
        thresholds = thresholds_of(check)
        told = (summary, symptom, why_it_hurts, what_to_try, reference)
        return Rule(check.__name__, *told, thresholds, check, last_resort)

    return made


def _sections(check: Callable[..., Iterable[Finding]]) -> tuple[str, str, str, str]:
    text = " ".join(inspect.cleandoc(check.__doc__ or "").split())
    parts = []
    for heading in HEADINGS:
        part, found, text = text.partition(heading)
        if not found:
            raise TypeError(f"the docstring of rule {check.__name__} lacks the heading {heading!r}")
        parts.append(part.strip())
    summary, symptom, why_it_hurts = parts
    return summary, symptom, why_it_hurts, text.strip()


def thresholds_of(check: Callable[..., object]) -> tuple[Threshold, ...]:
    """The keywords of a function with their sources. Raises `TypeError` where one has none."""
    hints = get_type_hints(check, include_extras=True)
    thresholds = []
    for parameter in inspect.signature(check).parameters.values():
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
            sources = [extra.text for extra in get_args(hints[parameter.name]) if isinstance(extra, Source)]
            if len(sources) != 1:
                raise TypeError(f"threshold {parameter.name} of rule {check.__name__} needs one Source")
            thresholds.append(Threshold(parameter.name, parameter.default, sources[0]))
    return tuple(thresholds)
