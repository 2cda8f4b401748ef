"""Databases and buckets of a test's own."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

POSTGRES = os.environ.get(
    "ASSAY_TEST_POSTGRES", "postgresql+psycopg2://postgres@127.0.0.1:5432/postgres"
)


@pytest.fixture(scope="session")
def new_database() -> Callable[[], AbstractContextManager[str]]:
    """Make a database of one's own on a PostgreSQL server on loopback, and drop it at the end."""
    engine = create_engine(POSTGRES, poolclass=NullPool, connect_args={"connect_timeout": 3})
    try:
        engine.connect().close()
    except OperationalError:
        if os.environ.get("CI"):
            pytest.fail("CI needs a PostgreSQL server on loopback")
        pytest.skip("no PostgreSQL server on loopback")
    return _database


@contextmanager
def _database() -> Iterator[str]:
    name = f"assay_test_{uuid.uuid4().hex[:12]}"
    admin = create_engine(POSTGRES, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    # Tests needn't survive a power cut; waiting for the disk is most of their time.
    yield f"{POSTGRES.rsplit('/', 1)[0]}/{name}?options=-csynchronous_commit%3Doff"
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def postgres_url(new_database: Callable[[], AbstractContextManager[str]]) -> Iterator[str]:
    """The URL of a database of its own, without tables."""
    with new_database() as url:
        yield url


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of an empty bucket; the environment leads to its server."""
    from own_store import own_store

    with own_store() as store:
        for name, value in store.environment.items():
            monkeypatch.setenv(name, value)
        yield store.bucket
