"""Remember the registry's head and what it held, so that its history can't be rewound unseen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0004"
down_revision = "r0003"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Begin with what the index holds; the head is seen at the next write."""
    op.create_table(
        "registry_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("head", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_registry_head"),
    )
    op.create_table(
        "registry_holdings",
        sa.Column("dataset", sa.String(), nullable=False),
        sa.Column("versions", sa.Integer(), nullable=False),
        sa.Column("highest", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("dataset", name="pk_registry_holdings"),
    )
    op.create_table(
        "registry_acceptances",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("target", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_registry_acceptances"),
    )
    _begin()


def _begin() -> None:
    versions, snapshots = (
        sa.table(name, sa.column("dataset"), sa.column("number"))
        for name in ("versions", "snapshots")
    )
    head = sa.table("registry_head", sa.column("id"), sa.column("head"))
    held = sa.table(
        "registry_holdings", sa.column("dataset"), sa.column("versions"), sa.column("highest")
    )
    connection = op.get_bind()
    connection.execute(sa.insert(head).values(id=1, head=None))
    rows = connection.execute(
        sa.select(versions.c.dataset, sa.func.count()).group_by(versions.c.dataset)
    )
    counted: dict[str, int] = dict(rows.tuples().all())
    rows = connection.execute(
        sa.select(snapshots.c.dataset, sa.func.max(snapshots.c.number)).group_by(
            snapshots.c.dataset
        )
    )
    highest: dict[str, int] = dict(rows.tuples().all())
    for dataset in {*counted, *highest}:
        known = {"versions": counted.get(dataset, 0), "highest": highest.get(dataset, 0)}
        connection.execute(sa.insert(held).values(dataset=dataset, **known))


def downgrade() -> None:
    """Forget them."""
    for name in ("registry_acceptances", "registry_holdings", "registry_head"):
        op.drop_table(name)
