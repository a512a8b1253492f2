"""Filling in what an experiment does not say of the data it names."""

from service.experiment import Experiment
from service.spec.data.sources.uploaded import Description, Uploaded, unknown
from service.store import datasets
from service.store.database import Database


def described(database: Database, experiment: Experiment) -> Experiment:
    """The experiment with the description of its uploaded data, whatever was sent for one.

    Raises `InvalidExperiment`, with the place of its id, where there is no such dataset.
    """
    data, source = experiment.data, experiment.data.source
    if not isinstance(source, Uploaded):
        return experiment
    with database.reading() as session:
        found = datasets.description(session, source.dataset_id)
    if found is None:
        raise unknown(source.dataset_id)
    known = source.model_copy(update={"description": Description.model_validate_json(found)})
    return experiment.model_copy(update={"data": data.model_copy(update={"source": known})})
