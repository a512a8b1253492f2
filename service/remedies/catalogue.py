"""The remedies there are, found by walking `edits/`."""

from typing import TYPE_CHECKING, Annotated, Union

from pydantic import Field

from service.remedies import edits
from service.remedies.remedy import Remedy, Variants
from service.spec.units import exported

_UNITS = [
    unit if isinstance(unit, Variants) else Variants((unit,), discriminator="kind")  # type: ignore[arg-type]
    for unit in exported(edits, "REMEDY")
]
REMEDIES: dict[str, Variants] = {unit.classes[0].model_fields["kind"].default: unit for unit in _UNITS}
if TYPE_CHECKING:
    AnyRemedy = Remedy
else:
    _ONE_OF_A_KIND = tuple(
        unit.classes[0]
        if len(unit.classes) == 1
        else Annotated[Union[unit.classes], Field(discriminator=unit.discriminator)]  # noqa: UP007 (built at run time)
        for unit in _UNITS
    )
    AnyRemedy = Annotated[Union[_ONE_OF_A_KIND], Field(discriminator="kind")]  # noqa: UP007
