"""From the bytes of a body to an experiment that can be trained, or to the places where it cannot."""

from functools import cache

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
        count = error.error_count()
        shown = f"; the first {MOST_ERRORS} are shown" if count > MOST_ERRORS else ""
        faults = "1 place is" if count == 1 else f"{count} places are"
        details = error.errors(include_url=False, include_input=False)
        detail = f"The experiment is not valid: {faults} wrong{shown}."
        raise InvalidExperiment(detail, errors=_sentences().of(details)) from error


@cache
def _sentences() -> Sentences:
    # Made at the first fault: describing every kind takes longer than starting the rest of the API.
    return Sentences(Experiment.model_json_schema())
