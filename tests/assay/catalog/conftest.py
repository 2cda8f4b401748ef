import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from assay.catalog import Catalog
from assay.catalog._schema import Base

POSTGRES = os.environ.get(
    "ASSAY_TEST_POSTGRES", "postgresql+psycopg2://postgres@127.0.0.1:5432/postgres"
)
NOW = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def postgres_server() -> str | None:
    engine = create_engine(POSTGRES, poolclass=NullPool, connect_args={"connect_timeout": 3})
    try:
        engine.connect().close()
    except OperationalError:
        return None
    return POSTGRES


@contextmanager
def _database(server: str | None) -> Iterator[str]:
    if server is None:
        if os.environ.get("CI"):
            pytest.fail("CI needs a PostgreSQL server on loopback")
        pytest.skip("no PostgreSQL server on loopback")
    name = f"assay_catalog_{uuid.uuid4().hex[:12]}"
    admin = create_engine(server, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    # Tests needn't survive a power cut; waiting for the disk is most of their time.
    yield f"{server.rsplit('/', 1)[0]}/{name}?options=-csynchronous_commit%3Doff"
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def postgres_url(postgres_server: str | None) -> Iterator[str]:
    """A database of its own, without tables."""
    with _database(postgres_server) as url:
        yield url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A file that isn't there yet."""
    return f"sqlite:///{tmp_path / 'catalog' / 'catalog.sqlite'}"


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: str | None) -> Iterator[Catalog]:
    with _database(postgres_server) as url:
        catalog = Catalog(url)
        catalog.migrate()
        yield catalog


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("catalog") / "migrated.sqlite"
    Catalog(f"sqlite:///{path}").migrate()
    return path


@pytest.fixture
def postgres_catalog(migrated_postgres: Catalog) -> Catalog:
    tables = ", ".join(t.name for t in Base.metadata.sorted_tables)
    with migrated_postgres._engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY"))
    return migrated_postgres


@pytest.fixture
def sqlite_catalog(migrated_sqlite: Path, tmp_path: Path) -> Catalog:
    copy = tmp_path / "catalog.sqlite"
    shutil.copyfile(migrated_sqlite, copy)
    return Catalog(f"sqlite:///{copy}")


@pytest.fixture(params=["sqlite", "postgres"])
def catalog(request: pytest.FixtureRequest) -> Catalog:
    found: Catalog = request.getfixturevalue(f"{request.param}_catalog")
    return found
