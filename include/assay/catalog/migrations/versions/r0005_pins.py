"""Remember which versions a run has pinned, and which leases a person broke."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0005"
down_revision = "r0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Begin with none of either: a run that is at work now is protected by its own lease alone."""
    op.create_table(
        "pins",
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ("dataset", "batch", "pinned_dataset", "pinned_batch", "pinned_version")
        ),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            *("dataset", "batch", "pinned_dataset", "pinned_batch", "pinned_version"),
            name="pk_pins",
        ),
    )
    op.create_table(
        "broken_leases",
        sa.Column("id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("dataset", "batch", "owner")),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("reason", "author")),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_broken_leases"),
    )


def downgrade() -> None:
    """Forget them."""
    op.drop_table("broken_leases")
    op.drop_table("pins")
