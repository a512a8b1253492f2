"""What counters need of jobs, kept apart from the jobs, which may be deleted."""

from collections import Counter

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_BOUNDS = {
    "wait": (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600),
    "run": (0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600),
}


def upgrade() -> None:
    op.add_column("jobs", sa.Column("earlier_steps", _LONG, nullable=False, server_default="0"))
    op.add_column("jobs", sa.Column("waited_seconds", sa.Double()))
    counts = op.create_table(
        "counts",
        sa.Column("seq", _LONG, sa.Identity(always=True), nullable=False),
        sa.Column("what", sa.String(16), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("number", _LONG, nullable=False),
        sa.Column("total", _LONG, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_counts"),
    )
    op.execute("UPDATE jobs SET waited_seconds = started_at - created_at WHERE started_at IS NOT NULL")
    if rows := _what_has_been():
        op.bulk_insert(counts, rows)


def downgrade() -> None:
    op.drop_table("counts")
    op.drop_column("jobs", "waited_seconds")
    op.drop_column("jobs", "earlier_steps")


def _what_has_been() -> list[dict[str, object]]:
    """The counts of jobs that have ended; of one that was lost on the way only its last attempt is known."""
    numbers: Counter[tuple[str, str]] = Counter()
    totals: Counter[tuple[str, str]] = Counter()
    connection = op.get_bind()
    on_postgresql = connection.dialect.name == "postgresql"
    verdict = "diagnosis::json ->> 'verdict'" if on_postgresql else "json_extract(diagnosis, '$.verdict')"
    ended = connection.execute(
        sa.text(
            f"SELECT state, CASE WHEN state = 'succeeded' THEN {verdict} END AS verdict, step, "  # noqa: S608
            "waited_seconds AS wait, finished_at - started_at AS run FROM jobs WHERE finished_at IS NOT NULL"
        )
    )
    for job in ended:
        seen = [("ended", job.state, job.step), ("verdict", job.verdict, 0)]
        for what, bounds in _BOUNDS.items():
            seconds = getattr(job, what)
            if seconds is not None:
                bound = next((bound for bound in bounds if seconds <= bound), float("inf"))
                seen.append((what, str(float(bound)), round(seconds * 1e6)))
        for what, key, measured in seen:
            if key is not None:
                numbers[what, key] += 1
                totals[what, key] += measured
    return [
        {"what": what, "key": key, "number": number, "total": totals[what, key]}
        for (what, key), number in numbers.items()
    ]
