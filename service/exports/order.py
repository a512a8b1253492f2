"""What to export, and how the file is called."""

import re
from dataclasses import dataclass
from typing import Literal

Format = Literal["csv", "npz", "tensorboard"]
Table = Literal["trace", "layers", "findings", "histograms"]
EVERY_STEP = 0
TENSORBOARD_POINTS = 1000
"""As many points of a series as TensorBoard loads: of more it would choose some at random, and lose spikes."""
GONE = 66
"""Exit status: the job is there no more, or was started again meanwhile (sysexits.h, EX_NOINPUT)."""
BUSY = 75
"""Exit status: the database does not answer (EX_TEMPFAIL)."""
# Not application/zip for NPZ, which is one: some browsers unpack those on the way to the disk. TensorBoard reads every
# file with "tfevents" in its name.
_KINDS: dict[Format, tuple[str, str]] = {
    "csv": (".csv", "text/csv; charset=utf-8; header=present"),
    "npz": (".npz", "application/octet-stream"),
    "tensorboard": (".tfevents", "application/octet-stream"),
}
_LONGEST_SLUG = 60


@dataclass(frozen=True, slots=True)
class Order:
    """One export."""

    job_id: str
    format: Format
    max_points: int = EVERY_STEP
    """Most points of a series; `EVERY_STEP`: every recorded step."""
    table: Table = "trace"
    """Which of its tables a CSV file holds; the other formats hold all."""


def default_points(chosen: Format) -> int:
    """Most points of a series where nothing is said."""
    return TENSORBOARD_POINTS if chosen == "tensorboard" else EVERY_STEP


def stem(job_id: str, name: str) -> str:
    """The name of a job, as far as every file system can hold it, and its id."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower())[:_LONGEST_SLUG].strip("-")
    return f"{slug}-{job_id}" if slug else job_id


def file_name(order: Order, name: str) -> str:
    """What to call the file of the job called `name`."""
    table = "" if order.table == "trace" else f"-{order.table}"
    return f"{stem(order.job_id, name)}{table}{_KINDS[order.format][0]}"


def media_type(chosen: Format) -> str:
    """The value of `Content-Type`."""
    return _KINDS[chosen][1]
