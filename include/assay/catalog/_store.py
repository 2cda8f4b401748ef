"""The door to the database: engine, transactions, upserts.

SQLite runs in WAL mode with a busy timeout; a transaction that will write takes the write lock at
its start (``BEGIN IMMEDIATE``), because a transaction that begins as a reader and then writes is
refused at once when another process wrote in between. Connections aren't pooled: tasks are forks,
and a connection that crosses a fork breaks both sides.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sqlalchemy import (
    Connection,
    Engine,
    Select,
    Update,
    create_engine,
    event,
    inspect,
    make_url,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, InterfaceError, OperationalError, ProgrammingError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from assay.catalog._schema import Base
from assay.errors import CatalogError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T")
Record = TypeVar("Record", bound="DataclassInstance")
_BUSY_SECONDS: Final = 60
_MISSING_TABLE: Final = re.compile(r"no such table|relation .* does not exist")


def open_engine(url: str) -> Engine:
    """An engine for SQLite or PostgreSQL, without a pool."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise CatalogError(
            "the catalog's URL can't be read", expected="sqlite:////path or postgresql://host/db"
        ) from None
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        return create_engine(parsed, poolclass=NullPool)
    if backend != "sqlite" or parsed.database in {None, "", ":memory:"}:
        raise CatalogError(
            "this database can't hold the catalog",
            got=parsed.render_as_string(hide_password=True),
            expected="an SQLite file or PostgreSQL",
        )
    engine = create_engine(parsed, poolclass=NullPool, connect_args={"timeout": _BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun below, never by the driver
    connection.execute("PRAGMA foreign_keys=ON")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("assay_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


class Store:
    """The database that the parts of the catalog share, with transactions that nest."""

    def __init__(self, url: str) -> None:
        self.engine = open_engine(url)
        self._writer = self.engine.execution_options(assay_writes=True)
        self._open = threading.local()

    @contextmanager
    def session(self, *, writes: bool) -> Iterator[Session]:
        """Open a transaction, or join the one that this thread has open."""
        joined: Session | None = getattr(self._open, "session", None)
        if joined is not None:
            yield joined
            joined.flush()
            return
        session = Session(self._writer if writes else self.engine, expire_on_commit=False)
        self._open.session = session
        try:
            with plain_errors(), session, session.begin():
                yield session
        finally:
            self._open.session = None

    def all(self, wanted: Select[T]) -> Sequence[T]:
        """The values that a query gives."""
        with self.session(writes=False) as session:
            return session.scalars(wanted).all()

    def change(self, change: Update) -> int:
        """Change rows; how many they were."""
        with self.session(writes=True) as session:
            changed: int = session.execute(change).rowcount  # type: ignore[attr-defined]
            return changed

    @property
    def location(self) -> str:
        """Where the catalog is, without its password."""
        return self.engine.url.render_as_string(hide_password=True)


class CatalogUnavailable(OSError):  # noqa: N818 - named for what it is, as ConnectionError's kin
    """The database didn't answer, broke off, is locked or has no room left: try again."""


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turn errors of the database's driver into the catalog's own, with whether to try again."""
    try:
        yield
    except (OperationalError, ProgrammingError, InterfaceError) as error:
        if not _MISSING_TABLE.search(str(error.orig)):
            if isinstance(error, ProgrammingError):
                raise
            answer = " ".join(str(error.orig).split())
            raise CatalogUnavailable(f"the catalog's database didn't answer: {answer}") from error
        raise CatalogError(
            "the catalog has no tables yet", do="Migrate it once: Catalog(url).migrate()."
        ) from None


def record_of(kind: type[Record], row: Base, **others: Any) -> Record:
    """A row as a record: the columns that its fields are named after, and the others as given."""
    names = {f.name for f in fields(kind)} - others.keys()
    return kind(**{name: getattr(row, name) for name in names}, **others)


def upsert(session: Session, model: type[Base], values: Mapping[str, Any]) -> None:
    """Insert a row, or replace what isn't in its primary key, which is among the values."""
    keys = [c.name for c in inspect(model).primary_key]
    changed = {k: v for k, v in values.items() if k not in keys}
    insert_new(session, model, values, keys=keys, update=changed)


def upsert_all(
    session: Session, model: type[Base], rows: Sequence[Mapping[str, Any]], *, update: Sequence[str]
) -> None:
    """Insert rows of the same columns; where a primary key is taken, replace these columns only."""
    if not rows:
        return
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    statement = dialect.insert(model)
    keys = [c.name for c in inspect(model).primary_key]
    if update:
        changed = {name: statement.excluded[name] for name in update}
        statement = statement.on_conflict_do_update(index_elements=keys, set_=changed)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=keys)
    session.flush()
    session.execute(statement, [dict(row) for row in rows])
    session.expire_all()


def insert_new(
    session: Session,
    model: type[Base],
    values: Mapping[str, Any],
    *,
    keys: Sequence[str],
    update: Mapping[str, Any] | None = None,
) -> bool:
    """Insert a row unless its keys are taken; then change ``update``; whether one was written.

    Without keys every unique index counts, partial ones included.
    """
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    statement = dialect.insert(model).values(**values)
    if update:
        statement = statement.on_conflict_do_update(index_elements=list(keys), set_=dict(update))
    else:
        statement = statement.on_conflict_do_nothing(index_elements=list(keys) or None)
    session.flush()
    written: int = session.execute(statement).rowcount  # type: ignore[attr-defined]
    session.expire_all()  # what was loaded before may have been changed beneath
    return written > 0
