"""From a trace to findings: what is wrong, where, since when, why, and what to try. Pure numpy."""

from service.diagnosis.catalogue import RULES
from service.diagnosis.diagnose import conclude, diagnose, verdict
from service.diagnosis.finding import Diagnosis, Finding
from service.diagnosis.hopeless import hopeless
from service.diagnosis.rule import Rule

__all__ = ["RULES", "Diagnosis", "Finding", "Rule", "conclude", "diagnose", "hopeless", "verdict"]
