"""All cases, found by walking `cases/`."""

from itertools import chain

from benchmarks.diagnosis import cases
from benchmarks.diagnosis.case import Case
from service.spec.units import modules_of

CASES: tuple[Case, ...] = tuple(chain.from_iterable(module.CASES for module in modules_of(cases)))
BY_NAME = {case.name: case for case in CASES}
