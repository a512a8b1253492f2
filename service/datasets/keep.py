"""A place for a new dataset, and its entry once it is complete."""

import contextlib
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.datasets.conversion import Converted
from service.errors import TooManyDatasets
from service.jobs.identifier import identifier
from service.store import datasets
from service.store.clock import now
from service.store.database import Database
from service.store.tables import Dataset

# Longer than an upload and its conversion may take together.
_ABANDONED_SECONDS = 2 * 3600.0


@dataclass(frozen=True, slots=True)
class Quota:
    """How much a service keeps. Uploads that end together may overshoot it by their own number."""

    max_datasets: int
    max_bytes: int

    def check(self, session: Session, coming: int = 0) -> None:
        """Raises `TooManyDatasets` unless one more dataset of `coming` bytes may be kept."""
        count, stored = datasets.usage(session)
        if count >= self.max_datasets:
            raise TooManyDatasets(f"There are {count} datasets, and {self.max_datasets} may be; delete some first.")
        if stored + max(coming, 1) > self.max_bytes:
            new = f" this one has {coming};" if coming else ""
            kept = f"The datasets have {stored} bytes, and {self.max_bytes} may be kept"
            raise TooManyDatasets(f"{kept};{new} delete some first.")


@dataclass(frozen=True, slots=True)
class Sent:
    """What is known of an upload besides its contents."""

    principal: str
    name: str
    sha256: str
    bytes: int


def reserve(database: Database, root: Path, quota: Quota) -> str:
    """The id of a dataset that is to come. Raises `TooManyDatasets`. Sweeps up what crashes left in `root`."""
    with database.reading() as session:
        quota.check(session)
        moment = session.scalar(select(now())) or 0.0
    _sweep(database, root)
    return identifier("ds", moment)


def keep(database: Database, quota: Quota, dataset_id: str, sent: Sent, converted: Converted) -> Dataset:
    """The entry of a dataset whose arrays are complete. Raises `TooManyDatasets`."""
    with database.transaction() as session:
        quota.check(session, converted.bytes)
        dataset = Dataset(
            id=dataset_id,
            principal=sent.principal,
            name=sent.name,
            format=converted.format,
            sha256=sent.sha256,
            uploaded_bytes=sent.bytes,
            stored_bytes=converted.bytes,
            description=converted.description,
            contents=converted.contents,
            created_at=session.scalar(select(now())) or 0.0,
        )
        session.add(dataset)
    return dataset


def _sweep(database: Database, root: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        before = time.time() - _ABANDONED_SECONDS
        old = {path.name: path for path in root.iterdir() if path.stat().st_mtime < before}
        with database.reading() as session:
            known = set(session.scalars(select(Dataset.id)))
        for name in old.keys() - known:
            shutil.rmtree(old[name], ignore_errors=True)
