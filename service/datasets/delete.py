"""A client removes a dataset that no job needs any more."""

import shutil
from pathlib import Path

from service.datasets.folders import folder
from service.errors import DatasetInUse
from service.jobs.state import ACTIVE
from service.store import datasets
from service.store.database import Database


def delete(database: Database, root: Path, dataset_id: str) -> None:
    """Removes a dataset from the database, then from the folder `root`; what is left there is swept up later.

    Raises `NotFound`, or `DatasetInUse` while queued or running jobs read it.
    """
    with database.transaction() as session:
        dataset = datasets.lock(session, dataset_id)
        jobs = datasets.readers(session, dataset_id, ACTIVE)
        if jobs:
            others = f" and {len(jobs) - 1} more" if len(jobs) > 1 else ""
            raise DatasetInUse(f"It is read by job {jobs[0]}{others}; cancel what need not end, then delete it.")
        session.delete(dataset)
    shutil.rmtree(folder(root, dataset_id), ignore_errors=True)
