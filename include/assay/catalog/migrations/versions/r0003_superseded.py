"""Hold the rows of superseded batches: they aren't with readers, and were recorded as if."""

from __future__ import annotations

from alembic import op

revision = "r0003"
down_revision = "r0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move the numbers; a rollback that is undone moves them back."""
    op.execute(
        "UPDATE batch_runs SET rows_held = rows_held + rows_released, rows_released = 0 "
        "WHERE state = 'superseded'"
    )


def downgrade() -> None:
    """Call them released again."""
    op.execute(
        "UPDATE batch_runs SET rows_released = rows_held, rows_held = 0 WHERE state = 'superseded'"
    )
