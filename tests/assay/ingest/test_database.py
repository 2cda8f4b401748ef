"""A database's rows of a batch, by one SELECT that only reads."""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
import uuid
from pathlib import Path

import duckdb
import psycopg
import pytest

from assay.errors import InputError
from assay.ingest import judge_landing, land
from assay.policy import GatePolicy

BATCH = "2013-02-04"
SERVER = "postgresql://postgres@127.0.0.1:5432"
SELECT = (
    "SELECT id, n, x, ok, day, at FROM people "
    "WHERE at >= :batch_start AND at < :batch_end AND note LIKE '%'"
)
TABLE = """
CREATE TABLE people (id text, n bigint, x double precision, ok boolean, day date,
                     at timestamptz, note text);
INSERT INTO people VALUES
  ('b', 2, 0.1, false, '2013-02-04', '2013-02-04 23:59:59.5+00', '100%'),
  ('a', 9007199254740993, 1e300, true, NULL, '2013-02-04 00:00:00+00', 'n'),
  ('c', NULL, 'Infinity', NULL, '2013-02-04', '2013-02-04 12:00:00+00', 'n'),
  ('d', 4, 1, true, '2013-02-05', '2013-02-05 00:00:00+00', 'n');
"""


@pytest.fixture
def database():
    name = f"assay_test_{uuid.uuid4().hex}"
    try:
        server = psycopg.connect(f"{SERVER}/postgres", autocommit=True, connect_timeout=5)
    except psycopg.OperationalError:
        if os.environ.get("CI"):
            raise
        pytest.skip("no PostgreSQL on 127.0.0.1:5432")
    with server:
        server.execute(f"CREATE DATABASE {name}")
        try:
            with psycopg.connect(f"{SERVER}/{name}", autocommit=True) as own:
                own.execute(TABLE)
            yield f"{SERVER}/{name}"
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def queried(session, lake, contract_of):
    def query(url: str, text: str = SELECT, **more):
        source = {"kind": "sql", "connection": "warehouse", "query": text}
        return land(session, contract_of(source, **more), BATCH, lake, credentials={"url": url})

    return query


def test_rows_of_a_batch_come_from_postgres(database, queried, rows_of):
    rows = rows_of(queried(database))
    assert [(r["__row"], r["id"]) for r in rows] == [(0, "A"), (1, "B"), (2, "C")]
    assert [r["n"] for r in rows] == [9007199254740993, 2, None]
    assert [r["x"] for r in rows] == [1e300, 0.1, None]
    assert [r["ok"] for r in rows] == [True, False, None]
    assert rows[1]["at"] == dt.datetime(2013, 2, 4, 23, 59, 59, 500_000)
    assert rows[2]["__unparsed"] == ["x"]
    assert rows[2]["__landed"] == {"id": "c", "x": "Infinity"}


def test_the_same_rows_land_once_in_whatever_order_they_lie(database, queried):
    first = queried(database)
    with psycopg.connect(database, autocommit=True) as own:
        own.execute("UPDATE people SET note = 'moved' WHERE id = 'a'")
    again = queried(database)
    assert again.reused
    assert again.folder == first.folder


def test_a_batch_begins_in_its_own_zone(database, queried, rows_of):
    partition = {"grain": "day", "first": "2013-01-01", "timezone": "America/New_York"}
    rows = rows_of(queried(database, partition=partition))
    assert [r["id"] for r in rows] == ["B", "C", "D"]
    by_day = "SELECT id, n, x, ok, day, at FROM people WHERE day = :batch"
    rows = rows_of(queried(database, by_day, partition=partition))
    assert [r["id"] for r in rows] == ["B", "C"]


def test_a_large_result_is_streamed_whole(database, queried):
    many = ("SELECT 'p' || i AS id, i AS n, i AS x, true AS ok, NULL AS day, NULL AS at "
            "FROM generate_series(1, 45000) AS g (i)")  # fmt: skip
    assert queried(database, many).rows == 45_000


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM people",
        "SELECT 1; SELECT 2",
        "SELECT * INTO other FROM people",
        "WITH gone AS (DELETE FROM people RETURNING *) SELECT * FROM gone",
        "SELECT * FROM people FOR UPDATE",
        "COPY people TO '/tmp/x'",
        "not SQL at all (",
        "SELECT * FROM people WHERE id = :other",
    ],
)
def test_only_one_select_is_asked(query, queried):
    with pytest.raises(InputError):
        queried("postgresql://nobody@127.0.0.1:9/none", query)


def test_a_function_that_writes_is_refused_by_the_database(database, queried):
    with psycopg.connect(database, autocommit=True) as own:
        own.execute("CREATE FUNCTION sneak() RETURNS text LANGUAGE sql AS "
                    "$$ DELETE FROM people; SELECT 'x' $$")  # fmt: skip
    with pytest.raises(InputError, match="SQLSTATE 25006"):
        queried(database, "SELECT sneak() AS id, 1 AS n, 1 AS x, true AS ok, NULL day, NULL at")


def test_an_error_of_the_query_shows_no_value(database, queried):
    query = "SELECT CAST('N1SECRET' || id AS int) AS id, n, x, ok, day, at FROM people"
    with pytest.raises(InputError) as raised:
        queried(database, query)
    assert "N1SECRET" not in str(raised.value)
    assert "SQLSTATE 22P02" in str(raised.value)


def test_a_database_that_is_not_there_may_be_tried_again(queried):
    with pytest.raises(ConnectionError, match="doesn't answer"):
        queried("postgresql://postgres@127.0.0.1:9/none")


def test_no_address(session, lake, contract_of):
    source = {"kind": "sql", "connection": "warehouse", "query": SELECT}
    with pytest.raises(InputError, match="warehouse"):
        land(session, contract_of(source), BATCH, lake)


def test_columns_of_the_query_are_judged(database, queried):
    hold = GatePolicy(on_inconclusive="hold")
    missing = queried(database, "SELECT id, n FROM people")
    assert {f.code for f in missing.faults} == {"schema_mismatch"}
    twice = queried(database, "SELECT id, n, n, x, ok, day, at FROM people")
    assert [f.code for f in twice.faults] == ["duplicate_columns"]
    more = queried(database, "SELECT * FROM people")
    assert [f.code for f in more.faults] == ["extra_columns"]
    assert more.rows == 4
    assert judge_landing(more, hold).outcome.value == "WARN"
    none = queried(database, "SELECT id, n, x, ok, day, at FROM people WHERE false")
    assert none.rows == 0


def test_duckdb_through_ibis(tmp_path: Path, queried, rows_of):
    path = tmp_path / "source.duckdb"
    with duckdb.connect(str(path)) as own:
        text = TABLE.replace("timestamptz", "timestamp").replace("+00'", "'")
        own.execute(text.replace(" at ", ' "at" '))
    quoted = SELECT.replace(" at ", ' "at" ')
    rows = rows_of(queried(f"duckdb://{path}", quoted))
    assert [r["id"] for r in rows] == ["A", "B", "C"]
    assert rows[0]["n"] == 9007199254740993


def test_an_error_of_another_database_shows_no_value(tmp_path: Path, queried):
    path = tmp_path / "source.duckdb"
    duckdb.connect(str(path)).close()
    query = "SELECT CAST(c AS int) AS id FROM (VALUES ('N1SECRET')) AS t(c)"
    with pytest.raises(InputError, match="refuses") as raised:
        queried(f"duckdb://{path}", query)
    assert "N1SECRET" not in str(raised.value)


def test_sqlite_through_ibis(tmp_path: Path, queried, rows_of):
    path = tmp_path / "source.sqlite"
    with sqlite3.connect(path) as own:
        own.execute("CREATE TABLE people (id text, n integer, d text)")
        own.executemany("INSERT INTO people VALUES (?, ?, ?)",
                        [("b", 2, BATCH), ("a", 1, BATCH), ("c", 3, "2013-02-05")])  # fmt: skip
    columns = [{"name": "id", "type": "string"}, {"name": "n", "type": "integer"}]
    query = "SELECT id, n FROM people WHERE d = :batch"
    rows = rows_of(queried(f"sqlite://{path}", query, columns=columns))
    assert [(r["id"], r["n"]) for r in rows] == [("a", 1), ("b", 2)]
