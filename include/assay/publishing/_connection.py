"""A connection to the database, and its errors without values of rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from assay.engine.postgres import libpq_address
from assay.errors import InputError

if TYPE_CHECKING:
    from psycopg import Connection

_WAIT_SECONDS: Final = 60


@contextmanager
def open_database(url: str) -> Iterator[Connection]:
    """Open the database, each statement a transaction of its own where none is begun.

    Raises
    ------
    ConnectionError
        If the database doesn't answer, or a lock isn't free within a minute: it may, later.
    InputError
        If it refuses a statement. The error has its SQLSTATE alone: the text may quote a value.
    """
    import psycopg

    address = libpq_address(url)
    try:
        with psycopg.connect(address, autocommit=True, client_encoding="utf8") as connection:
            connection.execute(f"SET lock_timeout = '{_WAIT_SECONDS}s'")
            connection.execute("SET TimeZone = 'UTC'")
            yield connection
    except psycopg.errors.LockNotAvailable:
        raise ConnectionError(
            "another publishing of this data set, or a reader, has held a lock for "
            f"{_WAIT_SECONDS} seconds"
        ) from None
    except psycopg.OperationalError as exc:
        raise ConnectionError(f"the database doesn't answer: SQLSTATE {exc.sqlstate}") from None
    except psycopg.Error as exc:
        raise InputError(
            "the database refuses a statement", got=f"SQLSTATE {exc.sqlstate}",
            do=_DO.get(str(exc.sqlstate)),
        ) from None  # fmt: skip


_DO: Final = {
    "42501": "The connection's user must own the schema, and may need CREATE on the database.",
    "42P06": "The database has a schema of the data set's name that Assay didn't make, or that "
    "lacks a table of Assay's. Nothing in it is changed: rename it, or drop it.",
    "42704": "Each role under `readers` must exist in the database.",
    "2BP01": "Something that isn't Assay's rests on a view of the schema: drop it, or let it read "
    "from a copy.",
}
"""What to do about an SQLSTATE: no right, no such object, others depend on it."""
