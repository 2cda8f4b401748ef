"""Bring the tables to the newest revision, once, however many processes ask for it at once."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, inspect, text

from assay.catalog._schema import REVISION
from assay.catalog._store import CatalogUnavailable, plain_errors
from assay.errors import CatalogError

MIGRATIONS: Final = Path(__file__).parent / "migrations"
_LOCK: Final = 0x41737361  # any number that other users of the same PostgreSQL don't lock
_WAL_TRIES: Final = 200


def migrate(engine: Engine) -> None:
    """Create or upgrade the tables in one transaction; others wait for it and then find it done."""
    with plain_errors():
        _migrate(engine)


def _migrate(engine: Engine) -> None:
    if engine.dialect.name == "sqlite":
        _prepare_file(engine)
    with engine.connect() as connection:
        if _revision(connection) == REVISION:
            return
    with engine.execution_options(assay_writes=True).begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        if _revision(connection) != REVISION:
            _upgrade(connection)


def _prepare_file(engine: Engine) -> None:
    database = engine.url.database
    if database is None:  # open_engine refuses it
        return
    Path(database).parent.mkdir(parents=True, exist_ok=True)
    for attempt in range(_WAL_TRIES):
        connection = engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            # The switch to WAL doesn't wait for the busy timeout as everything else does.
            if "locked" not in str(error) or attempt == _WAL_TRIES - 1:
                said = f"the catalog's database can't be opened: {error}"
                raise CatalogUnavailable(said) from error
            time.sleep(0.05)
        else:
            return
        finally:
            connection.close()


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(
        text("SELECT version_num FROM alembic_version")
    ).scalar_one_or_none()
    return found


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        ScriptDirectory.from_config(config)
        command.upgrade(config, "head")
    except CommandError:
        raise CatalogError(
            "the catalog is at a revision that this version of Assay doesn't know",
            got=_revision(connection),
            expected=f"at most {REVISION}",
            do="Use the version of Assay that last wrote it, or a newer one.",
        ) from None
