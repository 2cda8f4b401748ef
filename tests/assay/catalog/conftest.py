import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from assay.catalog import Catalog
from assay.catalog._schema import Base

NOW = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A file that isn't there yet."""
    return f"sqlite:///{tmp_path / 'catalog' / 'catalog.sqlite'}"


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture(scope="session")
def migrated_postgres(
    new_database: Callable[[], AbstractContextManager[str]],
) -> Iterator[Catalog]:
    with new_database() as url:
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
    with migrated_postgres._store.engine.begin() as connection:
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
