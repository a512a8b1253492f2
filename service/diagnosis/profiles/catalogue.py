"""The profiles there are, found by walking `tools/`."""

from typing import Literal, get_args

from service.diagnosis.profiles import tools
from service.diagnosis.profiles.profile import Profile
from service.spec.units import exported

OWN: Literal["gradient_clinic"] = "gradient_clinic"
"""Our own rules, which are no profile of another tool."""
ProfileName = Literal["gradient_clinic", "autotrainer", "deepdiagnosis", "sagemaker_debugger"]
PROFILES: dict[str, Profile] = {unit.name: unit for unit in exported(tools, "PROFILE") if isinstance(unit, Profile)}
assert {OWN, *PROFILES} == set(get_args(ProfileName))  # noqa: S101 (a folder and a type, checked at import)
