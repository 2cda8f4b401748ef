"""Index what released data was used for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0008"
down_revision = "r0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables, empty: no registry had a use until now."""
    op.create_table(
        "uses",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("output_dataset", sa.String(), nullable=True),
        sa.Column("output_batch", sa.String(), nullable=True),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "id", name="pk_uses"),
    )
    op.create_index("ix_uses_subject_kind_at", "uses", ["subject", "kind", "at"])
    op.create_index("ix_uses_at", "uses", ["at"])
    op.create_index(
        "ix_uses_output_dataset_output_batch", "uses", ["output_dataset", "output_batch"]
    )
    op.create_table(
        "use_reads",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("dataset", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("batch", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "id", "dataset", "number", "batch", name="pk_use_reads"),
    )
    op.create_index("ix_use_reads_dataset_number", "use_reads", ["dataset", "number"])
    op.create_table(
        "use_origins",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("origin_kind", sa.String(), nullable=False),
        sa.Column("origin_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "id", "origin_kind", "origin_id", name="pk_use_origins"),
    )
    op.create_index(
        "ix_use_origins_origin_kind_origin_id", "use_origins", ["origin_kind", "origin_id"]
    )


def downgrade() -> None:
    """Forget the index; the registry keeps the uses."""
    op.drop_table("use_origins")
    op.drop_table("use_reads")
    op.drop_table("uses")
