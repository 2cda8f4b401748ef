"""A database of its own for each test, and versions to publish."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from postgres_database import Database, own_database

from assay.publishing import PublishedVersion, columns_of


@pytest.fixture
def database() -> Iterator[Database]:
    """A real PostgreSQL."""
    with own_database() as found:
        yield found


@pytest.fixture
def version(tmp_path: Path) -> Callable[..., PublishedVersion]:
    """Make a version of some rows."""

    def make(batch: str, rows: pa.Table, mark: str = "a") -> PublishedVersion:
        path = tmp_path / f"{batch}-{mark}.parquet"
        pq.write_table(rows, path)
        name = uuid.uuid5(uuid.NAMESPACE_OID, f"{batch} {mark}").hex
        return PublishedVersion(
            name, batch, f"md5 of {mark}", columns_of(rows.schema), lambda: path
        )

    return make
