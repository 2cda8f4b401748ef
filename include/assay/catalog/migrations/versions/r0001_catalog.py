"""Create the catalog: batches, versions, verdicts, incidents and what belongs to each."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from alembic import op

revision = "r0001"
down_revision = None
branch_labels = None
depends_on = None

_KINDS: Final[dict[str, Any]] = {
    "text": sa.String(),
    "int": sa.Integer(),
    "big": sa.BigInteger(),
    "float": sa.Float(precision=53),
    "flag": sa.Boolean(),
    "json": sa.JSON(),
    "time": sa.DateTime(timezone=True),
}
_TABLES: Final = (
    "measurements",
    "verdicts",
    "incident_batches",
    "incidents",
    "outbox",
    "pointers",
    "snapshots",
    "lineage",
    "versions",
    "leases",
    "batch_runs",
)


def upgrade() -> None:
    """Create the tables."""
    _create(
        "batch_runs",
        "id int, dataset text, batch text, run_id text, run_type text, sequence int, state text, "
        "verdict text?, reasons json, rows_in big, rows_released big, rows_held big, "
        "rows_quarantined big, rows_dropped big, rows_suppressed big, version text?, "
        "input_sha text?, started time, ended time?",
        ["id"],
        unique=["dataset", "batch", "run_id"],
        index=["dataset", "batch", "sequence"],
    )
    _create(
        "leases",
        "dataset text, batch text, owner text?, expires time, token int",
        ["dataset", "batch"],
    )
    _create_versions()
    _create_verdicts()
    _create_incidents()
    _create(
        "outbox",
        "id int, key text, body json, state text, attempts int, created time, due time, "
        "owner text?, claimed_until time?, sent time?, receipt json?, error text?",
        ["id"],
        unique=["key"],
        index=["state", "due"],
    )


def _create_versions() -> None:
    _create(
        "versions",
        "dataset text, batch text, version text, run_id text?, created time?, meta json",
        ["dataset", "batch", "version"],
    )
    _create(
        "lineage",
        "dataset text, batch text, version text, kind text, name text, ref text",
        ["dataset", "batch", "version", "kind", "name", "ref"],
        index=["name", "ref"],
    )
    _create(
        "snapshots",
        "dataset text, number int, parent int?, batches json, forced json, reason text?, "
        "author text?, at time?",
        ["dataset", "number"],
    )
    _create(
        "pointers",
        "dataset text, number int, covers int, reason text?, author text?, at time?",
        ["dataset"],
    )


def _create_verdicts() -> None:
    _create(
        "verdicts",
        "id int, dataset text, batch text, key text, gate text, run_id text?, outcome text, "
        "holds flag, body json, at time",
        ["id"],
        unique=["dataset", "batch", "key", "gate"],
    )
    _create(
        "measurements",
        "verdict_id int, position int, name text, column_name text?, group_name text?, "
        "value float?, unit text, n big?",
        ["verdict_id", "position"],
        parent="verdicts",
        index=["name", "column_name"],
    )


def _create_incidents() -> None:
    _create(
        "incidents",
        "id int, dataset text, check_name text, state text, outcome text, opened time, "
        "closed time?",
        ["id"],
    )
    is_open = sa.text("state = 'open'")
    op.create_index(
        "uq_incidents_open",
        "incidents",
        ["dataset", "check_name"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
    _create(
        "incident_batches",
        "incident_id int, batch text, state text, run_id text?, reasons json, "
        "rows_affected big?, since time, at time",
        ["incident_id", "batch"],
        parent="incidents",
    )


def _create(
    table: str,
    columns: str,
    key: list[str],
    *,
    parent: str | None = None,
    unique: list[str] | None = None,
    index: list[str] | None = None,
) -> None:
    """Create a table; a ``?`` marks the columns that may be null."""
    made: list[Any] = []
    for column in columns.split(", "):
        name, kind = column.split()
        made.append(sa.Column(name, _KINDS[kind.rstrip("?")], nullable=kind.endswith("?")))
    if parent:
        name = f"fk_{table}_{key[0]}_{parent}"
        made.append(
            sa.ForeignKeyConstraint([key[0]], [f"{parent}.id"], name=name, ondelete="CASCADE")
        )
    made.append(sa.PrimaryKeyConstraint(*key, name=f"pk_{table}"))
    if unique:
        made.append(sa.UniqueConstraint(*unique, name=f"uq_{table}_{'_'.join(unique)}"))
    op.create_table(table, *made)
    if index:
        op.create_index(f"ix_{table}_{'_'.join(index)}", table, index, unique=False)


def downgrade() -> None:
    """Drop the tables."""
    for table in _TABLES:
        op.drop_table(table)
