"""Find the versions that other rules judged without reading all of them."""

from __future__ import annotations

from alembic import op

revision = "r0009"
down_revision = "r0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Index what versions were made from by data set, kind and thing."""
    op.create_index("ix_lineage_dataset_kind_ref", "lineage", ["dataset", "kind", "ref"])


def downgrade() -> None:
    """Read them all again."""
    op.drop_index("ix_lineage_dataset_kind_ref", "lineage")
