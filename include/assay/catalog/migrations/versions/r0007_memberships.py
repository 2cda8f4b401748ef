"""Keep what snapshots hold as spans of numbers instead of a whole map in each."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "r0007"
down_revision = "r0006"
branch_labels = None
depends_on = None

_DATA = ("objects", "judged", "tombstone")
_FLAGS = ("removed", "detailed")
_TEXTS = ("indexed", "target")


def upgrade() -> None:
    """Empty the index of snapshots: it is read from the registry again when it is asked next."""
    _replace_snapshots(
        sa.Column("batch", sa.String(), nullable=True),
        sa.Column("version", sa.String(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("withdrawn", sa.JSON(), nullable=False),
    )
    op.create_table(
        "memberships",
        sa.Column("dataset", sa.String(), nullable=False),
        sa.Column("batch", sa.String(), nullable=False),
        sa.Column("first", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=True),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("forced", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("dataset", "batch", "first", name="pk_memberships"),
    )
    op.create_index("ix_memberships_dataset_last", "memberships", ["dataset", "last"])
    op.create_index("ix_memberships_dataset_version", "memberships", ["dataset", "version"])
    for name in _DATA:
        op.add_column("versions", sa.Column(name, sa.JSON(), nullable=True))
    for name in _FLAGS:
        op.add_column(
            "versions", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())
        )
    op.create_index("ix_versions_detailed_removed", "versions", ["detailed", "removed"])
    for name in _TEXTS:
        op.add_column("registry_head", sa.Column(name, sa.String(), nullable=True))
    op.add_column(
        "registry_head", sa.Column("position", sa.Integer(), nullable=False, server_default="0")
    )
    op.execute(sa.update(sa.table("versions", sa.column("detailed"))).values(detailed=sa.true()))
    op.execute(sa.delete(sa.table("pointers")))


def downgrade() -> None:
    """Bring the maps' table back, empty: a rebuild by the earlier code fills it."""
    for name in ("position", *_TEXTS):
        op.drop_column("registry_head", name)
    op.drop_index("ix_versions_detailed_removed", "versions")
    for name in (*_FLAGS, *_DATA):
        op.drop_column("versions", name)
    op.drop_table("memberships")
    _replace_snapshots(
        sa.Column("batches", sa.JSON(), nullable=False),
        sa.Column("forced", sa.JSON(), nullable=False),
    )


def _replace_snapshots(*held: sa.Column[Any]) -> None:
    """Make the table of snapshots again, empty, with other columns for what each holds."""
    op.drop_table("snapshots")
    op.create_table(
        "snapshots",
        sa.Column("dataset", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("parent", sa.Integer(), nullable=True),
        *held,
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("author", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("dataset", "number", name="pk_snapshots"),
    )
