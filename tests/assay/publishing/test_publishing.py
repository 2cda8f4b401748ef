"""Released rows in PostgreSQL: every value, one switch, rights as declared, drift named."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pytest

from assay.errors import InputError
from assay.publishing import (
    PublishedVersion,
    PublishingPlan,
    Reader,
    Wanted,
    apply_publishing,
    open_database,
    plan_publishing,
    read_published,
)

HALF = 'SELECT "n", upper("t") AS "t" FROM "visits"."latest" WHERE "n" > 1'


def visits(first: int = 0, rows: int = 4, **more: Any) -> pa.Table:
    numbers = list(range(first, first + rows))
    return pa.table({"n": numbers, "t": [f"row {n}" for n in numbers]} | more)


def wanted(
    number: int, *versions: PublishedVersion, earlier: dict[int, Any] | None = None,
    readers: Sequence[Reader] = (),
) -> Wanted:  # fmt: skip
    lists = {number: versions, **(earlier or {})}
    known = {one.version: one for listed in lists.values() for one in listed}
    ids = {n: tuple(one.version for one in listed) for n, listed in lists.items()}
    return Wanted("visits", number, ids, known, tuple(readers))


def plan(database: Any, asked: Wanted) -> PublishingPlan:
    with open_database(database.url()) as connection:
        return plan_publishing(asked, read_published(connection, asked.dataset))


def publish(database: Any, asked: Wanted) -> list[str]:
    """Publish, and see that nothing is left to do."""
    with open_database(database.url()) as connection:
        found = plan_publishing(asked, read_published(connection, asked.dataset))
        apply_publishing(connection, asked, found)
        left = plan_publishing(asked, read_published(connection, asked.dataset))
    assert left.steps == ()
    assert not left.drift
    return [step.says for step in found.steps]


def readers(database: Any) -> tuple[Reader, Reader]:
    return Reader(database.whole, None), Reader(database.masked, HALF)


def test_every_value_comes_back(database: Any, version: Any) -> None:
    moment = dt.datetime(2024, 3, 31, 1, 2, 3, 4, tzinfo=dt.UTC)
    columns = {
        "whole": pa.array([2**63 - 1, -(2**63), None, 0]),
        "text": pa.array(["", None, 'a "quoted", \\N line\r\n', "ü\t€"]),
        "number": pa.array([0.1, float("inf"), None, 5e-324]),
        "paid": pa.array([Decimal("12345678901234567890.12"), None, Decimal("-0.01"), Decimal(0)],
                         pa.decimal128(38, 2)),
        "open": pa.array([True, False, None, True]),
        "day": pa.array([dt.date(1, 1, 1), dt.date(9999, 12, 31), None, dt.date(2024, 2, 29)]),
        "at": pa.array([moment, None, moment, moment], pa.timestamp("us", "UTC")),
        "wall": pa.array([moment.replace(tzinfo=None)] * 4, pa.timestamp("ns")),
        "level": pa.array(["a", "b", None, "a"]).dictionary_encode(),
        "NULL": pa.array(["NULL", "null", "", None]),
    }  # fmt: skip
    table = pa.table(columns)
    publish(database, wanted(1, version("2024-03-31", table)))
    names = ", ".join(f'"{name}"' for name in columns)
    found = database.rows(f"SELECT {names}, __batch FROM visits.latest")
    expected = [(*row.values(), "2024-03-31") for row in table.to_pylist()]
    assert sorted(found, key=repr) == sorted(expected, key=repr)


def test_a_value_that_postgres_cannot_hold_is_refused_and_readers_keep_what_they_have(
    database: Any, version: Any
) -> None:
    first = version("2024-01-01", visits())
    publish(database, wanted(1, first))
    bad = version("2024-01-02", pa.table({"n": [1], "t": ["a\0b"]}))
    with pytest.raises(InputError, match="NUL"):
        publish(database, wanted(2, first, bad))
    assert database.rows("SELECT count(*) FROM visits.latest") == [(4,)]


def test_a_release_and_a_rollback_move_the_pointer_alone(database: Any, version: Any) -> None:
    one, two = version("2024-01-01", visits()), version("2024-01-02", visits(10))
    publish(database, wanted(1, one))
    says = publish(database, wanted(2, one, two, earlier={1: [one]}))
    assert [s.split()[0] for s in says] == ["load", "attach", "point", "make"]
    assert database.rows("SELECT count(*) FROM visits.latest") == [(8,)]
    assert database.rows("SELECT count(*) FROM visits.snapshot_1") == [(4,)]
    again = version("2024-01-01", visits(100, 2), "b")
    says = publish(database, wanted(3, again, two, earlier={2: [one, two]}))
    assert "load 2024-01-02" not in " ".join(says)
    assert sorted(database.rows("SELECT n FROM visits.latest WHERE n > 90")) == [(100,), (101,)]
    says = publish(database, wanted(2, one, two))
    assert says[-1].endswith("which no snapshot holds")
    assert database.rows("SELECT max(n) FROM visits.latest") == [(13,)]
    gone = "SELECT count(*) FROM pg_class WHERE relname = 'v_" + again.version + "'"
    assert database.rows(gone) == [(0,)]


def test_readers_get_what_their_role_may_see_and_nothing_else(database: Any, version: Any) -> None:
    publish(database, wanted(1, version("2024-01-01", visits()), readers=readers(database)))
    assert len(database.rows("SELECT * FROM visits.latest", database.whole)) == 4
    mine = f"SELECT * FROM visits.latest_for_{database.masked}"
    assert sorted(database.rows(mine, database.masked)) == [(2, "ROW 2"), (3, "ROW 3")]
    refused = [
        (database.masked, "visits.latest"), (database.masked, "visits.rows"),
        (database.masked, "visits.versions"), (database.whole, "visits.rows"),
        (database.whole, f"visits.latest_for_{database.masked}"),
    ]  # fmt: skip
    for user, name in refused:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            database.rows(f"SELECT * FROM {name}", user)
    for statement in ("DELETE FROM visits.latest", "CREATE TABLE visits.mine (n int)"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            database.run(statement, database.whole)


def test_a_view_hides_rows_from_functions_too(database: Any, version: Any) -> None:
    """A cheap function in a condition isn't evaluated for rows that the view leaves out."""
    publish(database, wanted(1, version("2024-01-01", visits()), readers=readers(database)))
    database.run(
        "CREATE FUNCTION public.seen(text) RETURNS boolean COST 0.0000001 LANGUAGE plpgsql AS "
        "$$ BEGIN IF $1 ILIKE 'row 0' THEN RAISE EXCEPTION 'seen'; END IF; RETURN true; END $$"
    )
    mine = f"SELECT * FROM visits.latest_for_{database.masked} WHERE public.seen(t)"
    assert len(database.rows(mine, database.masked)) == 2


CHANGES = {
    "GRANT SELECT ON visits.rows TO {masked}": "take SELECT",
    "GRANT SELECT (n) ON visits.latest TO {masked}": "take SELECT",
    "GRANT SELECT ON visits.latest TO PUBLIC": "take SELECT",
    "GRANT INSERT ON visits.latest TO {whole}": "take INSERT",
    "GRANT CREATE ON SCHEMA visits TO {whole}": "take CREATE",
    "REVOKE SELECT ON visits.latest FROM {whole}": "give",
    "REVOKE USAGE ON SCHEMA visits FROM {masked}": "give",
    "CREATE OR REPLACE VIEW visits.latest_for_{masked} AS SELECT n, t FROM visits.latest":
        "drop the view latest_for",
    "ALTER VIEW visits.latest_for_{masked} SET (security_barrier = false)":
        "drop the view latest_for",
    "CREATE VIEW visits.mine AS SELECT * FROM visits.rows": "which nobody declared",
    "CREATE POLICY open ON visits.rows USING (true)": "shield the table rows",
    "ALTER TABLE visits.rows DISABLE ROW LEVEL SECURITY": "shield the table rows",
    "DROP VIEW visits.latest_for_{masked}": "make the view latest_for",
    "DELETE FROM visits.snapshots": "list the versions",
    "DELETE FROM visits.pointer": "point latest",
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_what_somebody_changed_in_the_database_is_named_and_repaired(
    database: Any, version: Any, change: str
) -> None:
    asked = wanted(1, version("2024-01-01", visits()), readers=readers(database))
    publish(database, asked)
    database.run(change.format(masked=database.masked, whole=database.whole))
    found = plan(database, asked)
    assert any(CHANGES[change] in step.says for step in found.steps)
    assert found.drift is ("pointer" not in change)
    publish(database, asked)
    mine = f"SELECT count(*) FROM visits.latest_for_{database.masked}"
    assert database.rows(mine, database.masked) == [(2,)]


def test_a_column_comes_goes_and_becomes_wider(database: Any, version: Any) -> None:
    old = version("2024-01-01", visits(gone=["x"] * 4))
    publish(database, wanted(1, old, readers=readers(database)))
    new = version("2024-01-02", pa.table({"n": [10.5], "t": ["row"], "more": [True]}))
    publish(database, wanted(2, old, new, readers=readers(database)))
    rows = "SELECT n, t, more, gone FROM visits.latest WHERE n > 2"
    assert sorted(database.rows(rows, database.whole)) == [
        (3.0, "row 3", None, "x"), (10.5, "row", True, None),
    ]  # fmt: skip
    publish(database, wanted(3, new, readers=readers(database)))
    assert database.rows("SELECT * FROM visits.latest") == [(10.5, "row", True, "2024-01-02")]
    with pytest.raises(InputError, match="n: a column has two types"):
        publish(database, wanted(4, new, version("2024-01-03", pa.table({"n": ["a"], "t": ["b"]}))))


def test_a_plan_is_applied_only_to_the_state_that_it_was_made_for(
    database: Any, version: Any
) -> None:
    one, two = version("2024-01-01", visits()), version("2024-01-02", visits(10))
    stale = plan(database, wanted(1, one))
    publish(database, wanted(1, one))
    with open_database(database.url()) as connection, pytest.raises(InputError, match="Plan again"):
        apply_publishing(connection, wanted(1, one), stale)
    publish(database, wanted(2, one, two))


def test_readers_see_one_snapshot_or_the_next_while_it_is_published(
    database: Any, version: Any
) -> None:
    days = [version(f"2024-01-{day:02d}", visits(10 * day, 5)) for day in range(1, 9)]
    publish(database, wanted(1, days[0]))
    seen, stop = set[int](), threading.Event()

    def read() -> None:
        with psycopg.connect(database.url(), autocommit=True) as connection:
            while not stop.is_set():
                row = connection.execute("SELECT count(*) FROM visits.latest").fetchone()
                seen.add(row[0] if row else -1)

    reading = threading.Thread(target=read)
    reading.start()
    try:
        publish(database, wanted(2, *days[1:]))
    finally:
        stop.set()
        reading.join()
    assert seen <= {5, 35}


PUBLISH = """
import os, signal, sys
sys.path[:0] = sys.argv[2:]
import pyarrow.parquet as pq
from pathlib import Path
from assay.publishing import *
folder, = map(Path, sys.argv[1:2])
versions = {}
for path in sorted(folder.glob("*.parquet")):
    name = path.stem.replace("-", "").ljust(32, "0")
    columns = columns_of(pq.read_schema(path))
    versions[name] = PublishedVersion(name, path.stem, "md5", columns, lambda path=path: path)
wanted = Wanted("visits", 1, {1: tuple(versions)}, versions)
left = [int(os.environ["DIE_AT"])]
def step(says):
    left[0] -= 1
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
with open_database(os.environ["URL"]) as connection:
    plan = plan_publishing(wanted, read_published(connection, "visits"))
    apply_publishing(connection, wanted, plan, step)
"""


def test_a_publishing_that_is_killed_anywhere_is_ended_by_the_next(
    database: Any, version: Any, tmp_path: Path
) -> None:
    for day in (1, 2, 3):
        version(f"2024-01-0{day}", visits(10 * day), "killed")
    for path in tmp_path.glob("*-killed.parquet"):
        path.rename(path.with_stem(path.stem.removesuffix("-killed")))
    died = 0
    for point in range(1, 30):
        environ = {**os.environ, "DIE_AT": str(point), "URL": database.url()}
        command = [sys.executable, "-c", PUBLISH, str(tmp_path), *sys.path]
        ended = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
        if ended.returncode == 0:
            break
        assert ended.returncode == -signal.SIGKILL, ended.stderr
        died += 1
        shown = "SELECT count(*) FROM pg_views WHERE schemaname = 'visits'"
        assert database.rows(shown) == [(0,)]  # nothing is shown before the last transaction
    assert died >= 3
    assert database.rows("SELECT count(*), count(DISTINCT __batch) FROM visits.latest") == [(12, 3)]


def test_a_database_that_does_not_answer_may_answer_later(database: Any) -> None:
    with pytest.raises(ConnectionError), open_database("postgresql://postgres@127.0.0.1:9/none"):
        pass
    with pytest.raises(InputError, match=r"SQLSTATE 42501.*must own the schema"):  # noqa: SIM117
        with open_database(database.url(database.whole)) as connection:
            connection.execute("CREATE SCHEMA visits")


def test_names_are_names_whatever_they_hold(database: Any, version: Any) -> None:
    """A column's name never becomes a statement."""
    name = 'n"; DROP SCHEMA visits; --{x}%s'
    publish(database, wanted(1, version("2024-01-01", pa.table({name: [1]}))))
    assert database.rows("SELECT * FROM visits.latest") == [(1, "2024-01-01")]


def test_a_schema_that_somebody_else_made_is_left_alone(database: Any, version: Any) -> None:
    database.run("CREATE SCHEMA visits")
    database.run("CREATE VIEW visits.mine AS SELECT 1 AS n")
    database.run(f"GRANT USAGE ON SCHEMA visits TO {database.masked}")
    database.run(f"GRANT SELECT ON visits.mine TO {database.masked}")
    with pytest.raises(InputError, match=r"42P06.*rename it, or drop it"):
        publish(database, wanted(1, version("2024-01-01", visits())))
    assert database.rows("SELECT n FROM visits.mine", database.masked) == [(1,)]


def test_a_name_that_postgres_would_cut_is_refused(database: Any, version: Any) -> None:
    long = version("2024-01-01", visits())
    with pytest.raises(InputError, match="too long for PostgreSQL"):
        plan(database, wanted(1, long, readers=[Reader("r" * 60, HALF)]))
    with pytest.raises(InputError, match="too long for PostgreSQL"):
        version("2024-01-02", pa.table({"ü" * 32: [1]}))
