"""A database's rows of a batch, by one SELECT that only reads."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import os
import resource
import sqlite3
import uuid
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import duckdb
import psycopg
import pytest

from assay.errors import InputError
from assay.ingest import judge_landing, land
from assay.ingest.sources._database import fetch_query
from assay.ingest.sources._postgres import postgres_rows
from assay.ingest.sources._statement import Statement
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
    def query(url: str, text: str = SELECT, max_bytes: int | None = None, **more):
        source = {
            "kind": "sql", "connection": "warehouse", "query": text, "max_bytes": max_bytes,
        }  # fmt: skip
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


@pytest.fixture
def file(tmp_path: Path):
    """A SQLite file made by some statements; its URL."""

    def make(*statements: str) -> str:
        path = tmp_path / "source.sqlite"
        with closing(sqlite3.connect(path)) as own:
            for statement in statements:
                own.execute(statement)
            own.commit()
        return f"sqlite://{path}"

    return make


def test_rows_of_a_batch_come_from_sqlite(file, queried, rows_of):
    url = file("CREATE TABLE people (id text, n integer, d text)",
               "INSERT INTO people VALUES ('b', 2, '2013-02-04'), ('a', 1, '2013-02-04'), "
               "('c', 3, '2013-02-05')")  # fmt: skip
    columns = [{"name": "id", "type": "string"}, {"name": "n", "type": "integer"}]
    query = "SELECT id, n FROM people WHERE d = :batch"
    for address in (url, f"sqlite://{quote(url.removeprefix('sqlite://'), safe='')}"):
        rows = rows_of(queried(address, query, columns=columns))
        assert [(r["id"], r["n"]) for r in rows] == [("a", 1), ("b", 2)]


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Africa/Cairo"])
@pytest.mark.parametrize("form", ["%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S.5"])
def test_bounds_compare_with_each_text_of_a_moment(file, queried, rows_of, zone, form):
    """A cast to a timestamp is the number 2013 there, and less than each text."""
    moments = [dt.datetime(2013, 2, d, h) for d in (3, 4, 5) for h in (0, 23)]
    values = ", ".join(f"('{m:%d-%H}', '{m.strftime(form)}')" for m in moments)
    url = file("CREATE TABLE people (id text, d text)", f"INSERT INTO people VALUES {values}")
    query = "SELECT id FROM people WHERE d >= :batch_start AND d < :batch_end"
    partition = {"grain": "day", "first": "2013-01-01", "timezone": zone}
    rows = rows_of(queried(url, query, columns=[{"name": "id", "type": "string"}],
                           partition=partition))  # fmt: skip
    assert [r["id"] for r in rows] == ["04-00", "04-23"]


def test_each_value_of_sqlite_lands_as_it_is(file, queried, rows_of):
    """A column holds values of any type, and a cast of a float to text keeps 15 digits."""
    stored = [
        "0.1", "0.30000000000000004", "1e300", "9007199254740993", "'007'", "'1e5'", "x'00ff'",
        "NULL", "''", "9e999", "'é'",
    ]  # fmt: skip
    values = ", ".join(f"('{i:02}', {v})" for i, v in enumerate(stored))
    url = file("CREATE TABLE people (id text, v)", f"INSERT INTO people VALUES {values}")
    columns = [{"name": "id", "type": "string"}, {"name": "v", "type": "string"}]
    found = rows_of(queried(url, "SELECT id, v FROM people", columns=columns))
    assert [r["v"] for r in found] == [
        "0.1", "0.30000000000000004", "1e+300", "9007199254740993", "007", "1e5", "\\x00ff", None,
        "", "inf", "é",
    ]  # fmt: skip


def test_sqlite_is_only_read(file, queried):
    url = file("CREATE TABLE people (id text)")
    with pytest.raises(InputError, match="only reads"):
        queried(url, "DELETE FROM people")
    with pytest.raises(InputError, match="SQLITE_ERROR"):
        queried(url, "SELECT id FROM nobody")
    with pytest.raises(ConnectionError, match="SQLITE_CANTOPEN"):
        queried("sqlite:///nowhere/at/all.sqlite", "SELECT 1 AS id")


def test_columns_that_sqlite_gives_twice(file, queried):
    url = file("CREATE TABLE people (id text)", "INSERT INTO people VALUES ('a')")
    columns = [{"name": "id", "type": "string"}]
    landing = queried(url, "SELECT id, id FROM people", columns=columns)
    assert [f.code for f in landing.faults] == ["duplicate_columns"]


def test_text_of_postgres_follows_from_no_setting_of_the_server(database, queried, rows_of):
    name = database.rpartition("/")[2]
    usual = rows_of(queried(database))
    with psycopg.connect(database, autocommit=True) as own:
        for setting in ("DateStyle = 'German, DMY'", "extra_float_digits = -5",
                        "TimeZone = 'Asia/Kathmandu'", "bytea_output = 'escape'",
                        "client_encoding = 'LATIN1'"):  # fmt: skip
            own.execute(f"ALTER DATABASE {name} SET {setting}")
    assert rows_of(queried(database)) == usual


def test_extras_of_a_connection_that_libpq_does_not_know(database, queried):
    assert queried(f"{database}?cursor=dictcursor&application_name=x").rows == 3


def test_a_read_is_of_one_state(database, contract_of, tmp_path):
    """Rows that another session writes meanwhile are in the next batch, or in none."""
    source = {"kind": "sql", "connection": "warehouse", "query": "SELECT id FROM people"}
    contract = contract_of(source, [{"name": "id", "type": "string"}])
    stream = postgres_rows(database, Statement.of(contract, BATCH, source["query"], "postgres"))
    assert next(stream) == ("id",)
    with psycopg.connect(database, autocommit=True) as own:
        own.execute("INSERT INTO people (id) VALUES ('late')")
        own.execute("DELETE FROM people WHERE id = 'a'")
    assert [row for batch in stream for row in batch["id"].to_pylist()] == ["a", "b", "c", "d"]


@pytest.mark.parametrize("kind", ["postgres", "sqlite", "duckdb"])
def test_a_result_of_more_than_max_bytes_is_held(kind, request, tmp_path: Path, queried):
    """The bytes are those of the rows as they are kept, one JSON object a line."""
    if kind == "postgres":
        url = request.getfixturevalue("database")
    else:
        url = request.getfixturevalue("file")("CREATE TABLE none (id text)")
    if kind == "duckdb":
        url = f"duckdb://{tmp_path / 'source.duckdb'}"
        duckdb.connect(url.removeprefix("duckdb://")).close()
    numbers = "WITH RECURSIVE g (i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM g WHERE i < 59) "
    query, columns = numbers + "SELECT i AS id FROM g", [{"name": "id", "type": "integer"}]
    whole = 50 * len('{"id": "10"}\n')
    assert queried(url, query, whole, columns=columns).rows == 50
    landing = queried(url, query, whole - 1, columns=columns)
    assert [(f.code, f.numbers) for f in landing.faults] == [("too_large", {"max_bytes": 649})]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["postgres", "sqlite"])
def test_a_million_rows_take_a_bounded_memory(kind, database, file, contract_of, tmp_path):
    """One process reads them and says how much more memory it took than before."""
    many = "SELECT 'p' || i AS id, i AS n, i * 0.1 AS x FROM {}"
    query = many.format("generate_series(1, 1000000) AS g (i)")
    url = database
    if kind == "sqlite":
        numbers = "WITH RECURSIVE g (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM g LIMIT 1000000) "
        url, query = (
            file(f"CREATE TABLE many AS {numbers} {many.format('g')}"),
            "SELECT * FROM many",
        )
    columns = [{"name": n, "type": "string"} for n in ("id", "n", "x")]
    contract = contract_of({"kind": "sql", "connection": "w", "query": query}, columns)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        rows, grown = pool.submit(_read, contract, tmp_path, url).result()
    assert rows == 1_000_000
    assert grown < 100_000_000


def _read(contract, folder: Path, url: str) -> tuple[int, int]:
    fetch_query(contract, contract.source.model_copy(update={"query": "SELECT 'a' AS id"}), BATCH,
                private(folder / "first"), {"url": url})  # fmt: skip
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    (file,), _ = fetch_query(contract, contract.source, BATCH, private(folder / "all"),
                             {"url": url})  # fmt: skip
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    with (folder / "all" / file.name).open() as lines:
        return sum(1 for _ in lines), grown * 1024


def private(folder: Path) -> Path:
    folder.mkdir()
    return folder
