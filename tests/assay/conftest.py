"""A small project of its own, and a home in which its batches run through every stage."""

from __future__ import annotations

import importlib.util
import os
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

POSTGRES = os.environ.get(
    "ASSAY_TEST_POSTGRES", "postgresql+psycopg2://postgres@127.0.0.1:5432/postgres"
)


def _load(name: str) -> Any:
    """A module that lies beside this file; a subprocess runs it by its path."""
    if name not in sys.modules:
        path = Path(__file__).with_name(f"{name}.py")
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


@pytest.fixture(scope="session")
def mini() -> Any:
    """The module that writes the small project and drives its runs."""
    return _load("mini_project")


@pytest.fixture
def train(mini: Any, tmp_path: Path) -> Any:
    """A fresh home of the small project, nothing dropped yet."""
    return mini.Train(mini.write_project(tmp_path / "project"), tmp_path / "home")


@pytest.fixture(scope="session")
def template(mini: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A home in which the reference table and the two reference days are released."""
    root = tmp_path_factory.mktemp("template")
    train = mini.Train(mini.write_project(root / "project"), root / "home")
    train.drop("sites", "2024", mini.sites())
    train.run("sites", "2024")
    for day in mini.REFERENCE_DAYS:
        train.drop("visits", day, mini.visits(day))
        train.run("visits", day)
    return train


@pytest.fixture
def ready(template: Any, mini: Any, tmp_path: Path) -> Any:
    """A copy of the template for one test: equal runs in equal homes give equal versions."""
    return mini.copy(template, tmp_path)


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
