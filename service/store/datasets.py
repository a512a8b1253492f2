"""Uploaded datasets: looking them up, and who reads them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from service.errors import NotFound
from service.store.tables import Dataset, Job, JobDataset


@dataclass(frozen=True, slots=True)
class Page:
    """Some datasets, newest first, and the cursor of the next page where there is one."""

    datasets: Sequence[Dataset]
    next_cursor: str | None


def get(session: Session, dataset_id: str) -> Dataset:
    """The dataset. Raises `NotFound`."""
    dataset = session.get(Dataset, dataset_id)
    if dataset is None:
        raise NotFound(f"There is no dataset {dataset_id}.")
    return dataset


def description(session: Session, dataset_id: str) -> str | None:
    """What training needs of a dataset, as JSON; None where there is no such dataset."""
    return session.scalar(select(Dataset.description).where(Dataset.id == dataset_id))


def list_page(session: Session, *, limit: int, after: str | None = None) -> Page:
    """Up to `limit` datasets, newest first, after the cursor of an earlier page: the id of the last one seen."""
    query = select(Dataset).order_by(Dataset.id.desc()).limit(limit + 1)
    if after is not None:
        query = query.where(Dataset.id < after)
    found = session.scalars(query).all()
    return Page(found[:limit], found[limit - 1].id if len(found) > limit else None)


def usage(session: Session) -> tuple[int, int]:
    """How many datasets there are, and the bytes they take."""
    count, stored = session.execute(select(func.count(), func.coalesce(func.sum(Dataset.stored_bytes), 0))).one()
    return count, int(stored)


def hold(session: Session, job_id: str, dataset_id: str) -> bool:
    """Notes that a job reads a dataset; False where there is none. Whoever deletes it waits for this transaction."""
    there = select(Dataset.id).where(Dataset.id == dataset_id).with_for_update(read=True, key_share=True)
    if session.scalar(there) is None:
        return False
    session.execute(insert(JobDataset).values(job_id=job_id, dataset_id=dataset_id))
    return True


def lock(session: Session, dataset_id: str) -> Dataset:
    """The dataset, which no new job can read until the transaction ends. Raises `NotFound`."""
    dataset = session.scalar(select(Dataset).where(Dataset.id == dataset_id).with_for_update())
    if dataset is None:
        raise NotFound(f"There is no dataset {dataset_id}.")
    return dataset


def readers(session: Session, dataset_id: str, states: Collection[str]) -> Sequence[str]:
    """The jobs in any of `states` that read a dataset, oldest first."""
    query = select(Job.id).join(JobDataset, JobDataset.job_id == Job.id)
    return session.scalars(
        query.where(JobDataset.dataset_id == dataset_id, Job.state.in_(states)).order_by(Job.id)
    ).all()
