"""The rules there are, found by walking `rules/`."""

from service.diagnosis import rules
from service.diagnosis.rule import Rule
from service.spec.units import exported

RULES: dict[str, Rule] = {unit.name: unit for unit in exported(rules, "RULE") if isinstance(unit, Rule)}
