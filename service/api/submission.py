"""From the bytes of a body to an experiment that can be trained, or to the places where it cannot."""

from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from typing import Any

from pydantic import ValidationError

from service.api.body import parsed
from service.api.pointers import MOST_ERRORS, Sentences
from service.errors import InvalidExperiment
from service.experiment import Experiment


def experiment_of(body: bytes) -> Experiment:
    """The experiment. Raises `MalformedBody`, or `InvalidExperiment` with a pointer for each fault."""
    document = parsed(body)
    try:
        return Experiment.model_validate(document)
    except ValidationError as error:
        wrong = _faults(error)
        count = len(wrong)
        shown = f"; the first {MOST_ERRORS} are shown" if count > MOST_ERRORS else ""
        places = "1 place is" if count == 1 else f"{count} places are"
        detail = f"The experiment is not valid: {places} wrong{shown}."
        raise InvalidExperiment(detail, errors=_sentences().of(wrong)) from error


@cache
def _sentences() -> Sentences:
    # Made at the first fault: describing every kind takes longer than starting the rest of the API.
    return Sentences(Experiment.model_json_schema())


def _faults(error: ValidationError) -> list[Mapping[str, Any]]:
    """The errors of `error` that name a fault of their own: one wrong element also makes its list too short."""
    errors: list[Mapping[str, Any]] = list(error.errors(include_url=False, include_input=False))
    return errors[:1] + [later for before, later in pairwise(errors) if not _echoes(before, later)]


def _echoes(before: Mapping[str, Any], later: Mapping[str, Any]) -> bool:
    """Whether `later` calls a list too short that has elements, the last of which is wrong."""
    size = len(later["loc"])
    return bool(later["type"] == "too_short" and len(before["loc"]) > size and before["loc"][:size] == later["loc"])
