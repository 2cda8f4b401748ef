"""Give the catalog an id, and let it remember the objects of versions."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from alembic import op

revision = "r0006"
down_revision = "r0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make a random id; objects are remembered from the next sweep or rebuild on."""
    identities = op.create_table(
        "catalog_identity",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("identity", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_catalog_identity"),
    )
    op.execute(sa.insert(identities).values(id=1, identity=uuid.uuid4().hex))
    op.create_table(
        "held_objects",
        *(sa.Column(name, sa.String(), nullable=False) for name in ("dataset", "batch", "version")),
        sa.Column("objects", sa.JSON(), nullable=False),
        sa.Column("ended", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("dataset", "batch", "version", name="pk_held_objects"),
    )


def downgrade() -> None:
    """Forget them."""
    op.drop_table("held_objects")
    op.drop_table("catalog_identity")
