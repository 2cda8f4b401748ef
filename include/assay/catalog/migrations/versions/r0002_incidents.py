"""Let people answer incidents, and messages wait for each other and for their time."""

from __future__ import annotations

import json
import re

import sqlalchemy as sa
from alembic import op

revision = "r0002"
down_revision = "r0001"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_KEY = re.compile(r"^(incident/\d+)/[^/]+/(.+)$")


def upgrade() -> None:
    """Add what people did, and the order and time of messages."""
    for name in ("reopened", "reminders", "escalations"):
        op.add_column(
            "incidents", sa.Column(name, sa.Integer(), nullable=False, server_default="0")
        )
    for name in ("acknowledged", "snoozed_until", "escalated"):
        op.add_column("incidents", sa.Column(name, _TIME, nullable=True))
    op.add_column("incidents", sa.Column("resolution", sa.String(), nullable=True))
    op.add_column("incident_batches", sa.Column("until", _TIME, nullable=True))
    _create_actions()
    op.add_column("outbox", sa.Column("thread", sa.String(), nullable=True))
    op.add_column("outbox", sa.Column("bundle", sa.String(), nullable=True))
    op.add_column("outbox", sa.Column("hold", _TIME, nullable=True))
    op.create_index("ix_outbox_thread", "outbox", ["thread"], unique=False)
    op.create_index("ix_outbox_bundle", "outbox", ["bundle"], unique=False)
    _thread_messages()


def _create_actions() -> None:
    op.create_table(
        "incident_actions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("until", _TIME, nullable=True),
        sa.Column("batch", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["incident_id"],
            ["incidents.id"],
            name="fk_incident_actions_incident_id_incidents",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_incident_actions"),
    )
    op.create_index("ix_incident_actions_at", "incident_actions", ["at"], unique=False)
    op.create_index(
        "ix_incident_actions_incident_id", "incident_actions", ["incident_id"], unique=False
    )


def _thread_messages() -> None:
    """Give messages that are there their thread; those under way go on from where they are."""
    outbox = sa.table(
        "outbox",
        sa.column("id", sa.Integer()),
        sa.column("key", sa.String()),
        sa.column("body", sa.JSON()),
        sa.column("thread", sa.String()),
    )
    connection = op.get_bind()
    for row in connection.execute(sa.select(outbox.c.id, outbox.c.key, outbox.c.body)).all():
        found = _KEY.match(row.key)
        body = json.loads(row.body) if isinstance(row.body, str) else row.body
        values = {
            "thread": f"{found[1]}/{found[2]}" if found else row.key,
            "body": {k: v for k, v in body.items() if k != "edits"},
        }
        connection.execute(sa.update(outbox).where(outbox.c.id == row.id).values(**values))


def downgrade() -> None:
    """Take them away again."""
    op.drop_index("ix_outbox_bundle", "outbox")
    op.drop_index("ix_outbox_thread", "outbox")
    for name in ("hold", "bundle", "thread"):
        op.drop_column("outbox", name)
    op.drop_table("incident_actions")
    op.drop_column("incident_batches", "until")
    for name in ("resolution", "escalated", "snoozed_until", "acknowledged", "escalations"):
        op.drop_column("incidents", name)
    for name in ("reminders", "reopened"):
        op.drop_column("incidents", name)
