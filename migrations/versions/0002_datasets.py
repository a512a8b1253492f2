"""Uploaded datasets, and which jobs read them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_ID = sa.String(40).with_variant(sa.String(40, collation="C"), "postgresql")
_LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "datasets",
        sa.Column("id", _ID, nullable=False),
        sa.Column("principal", sa.String(64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("format", sa.String(16), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("uploaded_bytes", _LONG, nullable=False),
        sa.Column("stored_bytes", _LONG, nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("contents", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_datasets"),
    )
    op.create_table(
        "job_datasets",
        sa.Column("job_id", _ID, nullable=False),
        sa.Column("dataset_id", _ID, nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_job_datasets_job_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["dataset_id"], ["datasets.id"], name="fk_job_datasets_dataset_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", "dataset_id", name="pk_job_datasets"),
    )
    op.create_index("ix_job_datasets_dataset_id", "job_datasets", ["dataset_id"])


def downgrade() -> None:
    op.drop_table("job_datasets")
    op.drop_table("datasets")
