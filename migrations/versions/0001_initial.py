"""Jobs, their labels, events and traces, and the workers."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_ID = sa.String(40).with_variant(sa.String(40, collation="C"), "postgresql")
_LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_ENDED = "OLD.state IN ('succeeded', 'failed', 'cancelled') AND NEW.state <> OLD.state"


def upgrade() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", _ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("principal", sa.String(64), nullable=False),
        sa.Column("idempotency_key", sa.String(255)),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("labels", sa.Text(), nullable=False),
        sa.Column("experiment", sa.Text(), nullable=False),
        sa.Column("resolved", sa.Text(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(255)),
        sa.Column("device", sa.String(64)),
        sa.Column("lease_expires_at", sa.Double()),
        sa.Column("progress_at", sa.Double()),
        sa.Column("not_before", sa.Double(), nullable=False),
        sa.Column("dispatched_at", sa.Double()),
        sa.Column("losses_without_progress", sa.Integer(), nullable=False),
        sa.Column("furthest_step", _LONG, nullable=False),
        sa.Column("step", _LONG, nullable=False),
        sa.Column("total_steps", _LONG, nullable=False),
        sa.Column("steps_per_second", sa.Double()),
        sa.Column("diagnosis", sa.Text()),
        sa.Column("result", sa.Text()),
        sa.Column("error", sa.Text()),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("started_at", sa.Double()),
        sa.Column("finished_at", sa.Double()),
        sa.Column("cancel_requested_at", sa.Double()),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        sa.UniqueConstraint("principal", "idempotency_key", name="uq_jobs_principal_idempotency_key"),
    )
    op.create_index("ix_jobs_state_id", "jobs", ["state", "id"])
    op.create_table(
        "job_labels",
        sa.Column("job_id", _ID, nullable=False),
        sa.Column("key", sa.String(63), nullable=False),
        sa.Column("value", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_job_labels_job_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", "key", name="pk_job_labels"),
    )
    op.create_index("ix_job_labels_key_value_job_id", "job_labels", ["key", "value", "job_id"])
    op.create_table(
        "job_events",
        sa.Column("seq", _LONG, sa.Identity(always=True), nullable=False),
        sa.Column("job_id", _ID, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_job_events_job_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("seq", name="pk_job_events"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_job_events_job_id_seq", "job_events", ["job_id", "seq"])
    op.create_table(
        "trace_chunks",
        sa.Column("job_id", _ID, nullable=False),
        sa.Column("scope", sa.String(16), nullable=False),
        sa.Column("metric", sa.String(64), nullable=False),
        sa.Column("first_step", _LONG, nullable=False),
        sa.Column("last_step", _LONG, nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("every", _LONG, nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("summary", sa.LargeBinary(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_trace_chunks_job_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", "scope", "metric", "first_step", name="pk_trace_chunks"),
    )
    op.create_table(
        "workers",
        sa.Column("id", sa.String(255), nullable=False),
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("device", sa.String(64), nullable=False),
        sa.Column("started_at", sa.Double(), nullable=False),
        sa.Column("heartbeat_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_workers"),
    )
    _keep_ended_jobs_ended()


def downgrade() -> None:
    for table in ("workers", "trace_chunks", "job_events", "job_labels", "jobs"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_resurrection()")


def _keep_ended_jobs_ended() -> None:
    """The last line of defense behind `service.jobs.state`: the database itself refuses to revive a job."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_resurrection() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'an ended job stays ended' USING ERRCODE = 'check_violation'; END $$"
        )
        op.execute(
            "CREATE TRIGGER ended_jobs_stay_ended BEFORE UPDATE OF state ON jobs "
            f"FOR EACH ROW WHEN ({_ENDED}) EXECUTE FUNCTION refuse_resurrection()"
        )
    else:
        op.execute(
            f"CREATE TRIGGER ended_jobs_stay_ended BEFORE UPDATE OF state ON jobs WHEN {_ENDED} "
            "BEGIN SELECT RAISE(ABORT, 'an ended job stays ended'); END"
        )
