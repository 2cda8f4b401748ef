"""A role's query gives the same rows in PostgreSQL as in files, whatever values stand there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from postgres_database import Database, own_database
from pydantic import TypeAdapter

from assay.access import SeenColumn, View
from assay.engine import open_session
from assay.policy.access import View as Treatment
from assay.publishing import (
    PublishedVersion,
    Reader,
    Wanted,
    apply_publishing,
    columns_of,
    open_database,
    plan_publishing,
    read_published,
)
from assay.stages.access._extract import seen_columns, seen_rows
from assay.stages.publishing._readers import _query

TYPES = {
    "whole": pa.int64(), "number": pa.float64(), "text": pa.string(), "open": pa.bool_(),
    "day": pa.date32(), "at": pa.timestamp("us", "UTC"),
}  # fmt: skip
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=6)
DAYS = st.dates(dt.date(1900, 1, 1), dt.date(2100, 1, 1))
MOMENTS = st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2100, 1, 1), timezones=st.just(dt.UTC))
ROWS = st.lists(
    st.fixed_dictionaries({
        "whole": st.none() | st.integers(-(2**62), 2**62) | st.integers(-3, 70),
        "number": st.none() | st.floats(-1e6, 1e6) | st.sampled_from([float("inf"), 0.0, 5.0]),
        "text": st.none() | TEXTS | st.sampled_from(["a", "b", "JFK"]),
        "open": st.none() | st.booleans(), "day": st.none() | DAYS, "at": st.none() | MOMENTS,
    }), min_size=1, max_size=12,
)  # fmt: skip
MASKS = st.builds(
    lambda text, last: {"treatment": "mask", "text": text, "keep_last": last, "rationale": "A."},
    st.text("ab'\\{}%ü–", min_size=1, max_size=3), st.integers(0, 3),
)  # fmt: skip
BINS = (
    st.lists(st.integers(-5, 80), min_size=1, max_size=3, unique=True)
    .map(sorted)
    .map(lambda edges: {"treatment": "generalise", "to": {"kind": "bins", "edges": edges}})
)
PERIODS = st.sampled_from(["week", "month", "quarter", "year"]).map(
    lambda unit: {"treatment": "generalise", "to": {"kind": "date", "unit": unit}}
)
LEVELS = st.just({"treatment": "generalise", "to": {
    "kind": "levels", "levels": {"first": ["a", "b"], "it's": ["JFK"]}, "other": "–"}})  # fmt: skip
PREFIXES = st.integers(1, 4).map(
    lambda length: {"treatment": "generalise", "to": {"kind": "prefix", "length": length}}
)
SHOWN = st.just(None)
VIEWS = st.fixed_dictionaries({
    "whole": SHOWN | BINS | MASKS, "number": SHOWN | BINS, "open": SHOWN,
    "text": SHOWN | MASKS | LEVELS | PREFIXES, "day": SHOWN | PERIODS, "at": SHOWN | PERIODS,
})  # fmt: skip
FILTERS = st.sampled_from([
    None, "whole > 3", "text == 'JFK'", "number is not null and open", "not open or whole < 0",
])  # fmt: skip


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    with own_database() as found:
        yield found


@settings(
    max_examples=25, deadline=None, derandomize=True, phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(rows=ROWS, treatments=VIEWS, kept=FILTERS)
def test_a_role_gets_the_same_rows(
    database: Database, tmp_path: Path, rows: list[dict[str, Any]], treatments: dict[str, Any],
    kept: str | None,
) -> None:  # fmt: skip
    table = pa.Table.from_pylist(rows, pa.schema(list(TYPES.items())))
    path = tmp_path / "rows.parquet"
    pq.write_table(table, path)
    adapter: TypeAdapter[Any] = TypeAdapter(Treatment)
    asked = {n: None if t is None else adapter.validate_python(t) for n, t in treatments.items()}
    seen = tuple(SeenColumn(name, one, ()) for name, one in asked.items())
    view = View("visits", "scientist", seen, kept)
    digest = str(hash((str(rows),)))
    one = PublishedVersion("a" * 32, "2024", digest, columns_of(table.schema), lambda: path)
    wanted = Wanted("visits", 1, {1: (one.version,)}, {one.version: one})
    wanted = wanted.read_by([Reader(database.masked, _query(view, wanted))])
    with open_database(database.url()) as connection:
        plan = plan_publishing(wanted, read_published(connection, "visits"))
        apply_publishing(connection, wanted, plan)
    mine = f"SELECT * FROM visits.latest_for_{database.masked}"
    in_postgres = database.rows(mine, database.masked)

    with open_session() as session:
        given_ = session.set_aside(table)
        kept_rows = seen_rows(given_, view)
        asked_for = kept_rows.select(**seen_columns(kept_rows, view))
        # DuckDB may make moments of dates; a file of rows has what the expression says.
        found = session.arrow(asked_for).cast(asked_for.schema().to_pyarrow())
        in_files = [tuple(row.values()) for row in found.to_pylist()]
    assert sorted(in_postgres, key=repr) == sorted(in_files, key=repr)
