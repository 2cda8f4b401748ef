"""Alembic's entry: migrate over the connection that ``Catalog.migrate`` opened and locked."""

from __future__ import annotations

from alembic import context

from assay.catalog._schema import Base


def run() -> None:
    """Migrate within the connection's transaction, which the caller commits."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=Base.metadata,
        # SQLite can roll back DDL; without this a kill would leave half of a revision behind.
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


if hasattr(context, "config"):  # only when Alembic runs this file, not on a mere import
    run()
