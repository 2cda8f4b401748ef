"""Parquet whose bytes depend on the rows, the order and the nonce alone."""

from __future__ import annotations

import itertools
from pathlib import Path

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay import engine
from assay.engine._writer import is_ascending
from assay.engine.width import is_wide
from assay.keys.keyed_numbers import keyed_numbers

ROWS = 300_000


def _write(folder: Path, threads: int, descending: bool) -> engine.FileDigest:
    with engine.open_session(spill=folder / "spill", threads=threads) as session:
        table = session.sql(
            "SELECT i AS __row, hash(i) % 1000 AS key, sin(i) AS value, "
            f"CASE WHEN i % 7 = 0 THEN NULL ELSE 'é' || i END AS text FROM range({ROWS}) r(i)"
        )
        if descending:
            table = table.order_by(ibis.desc("__row"))
        return session.write_parquet(
            table, folder / f"t{threads}.parquet", ["key", "__row"], nonce="ab" * 16
        )


def test_threads_and_arrival_do_not_change_a_byte(tmp_path: Path) -> None:
    digests = {_write(tmp_path, n, d).sha256 for n in (1, 2, 8) for d in (False, True)}
    assert len(digests) == 1


@pytest.mark.parametrize("where", ["TRUE", "hash(i) % 10 > 0"])
def test_rows_that_come_in_order_give_the_same_bytes_without_a_sort(
    tmp_path: Path, where: str
) -> None:
    source = tmp_path / "source.parquet"
    with engine.open_session() as session:
        numbers = session.sql(f"SELECT i AS __row FROM range({ROWS}) r(i)")
        session.write_parquet(numbers, source, ["__row"])
    digests = set()
    for threads, presorted in itertools.product((1, 2, 8), (False, True)):
        with engine.open_session(threads=threads) as session:
            numbered = f"(SELECT *, __row AS i FROM '{source}')"
            rows = session.sql(f"SELECT __row, sin(i) AS x FROM {numbered} WHERE {where}")
            path = tmp_path / "t.parquet"
            written = session.write_parquet(rows, path, ["__row"], "ab", presorted=presorted)
            digests.add(written.sha256)
    assert len(digests) == 1
    assert is_ascending(path, "__row")
    assert not is_ascending(path, "x")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["source.parquet", "t.parquet"]


@pytest.mark.parametrize("group", [1 << 20, 50_000])
def test_a_wide_table_has_the_same_bytes_however_it_is_written(tmp_path: Path, group: int) -> None:
    source, columns, rows = tmp_path / "source.parquet", 90, 130_000
    one = pa.array(np.arange(rows) % 7)
    made = {"n": pa.array(np.arange(rows)), **{f"c{i}": one for i in range(columns)}}
    pq.write_table(pa.table(made), source, row_group_size=group)
    assert is_wide(columns)
    digests = set()
    for threads, presorted in itertools.product((1, 2), (False, True)):
        with engine.open_session(threads=threads) as session:
            table = session.read_parquet(source).rename(__row="n")
            path = tmp_path / "t.parquet"
            written = session.write_parquet(table, path, ["__row"], presorted=presorted)
            digests.add((written.sha256, written.rows))
            assert session.threads == threads
    assert {n for _, n in digests} == {rows}
    assert len(digests) == 1
    groups = pq.read_metadata(path)
    assert [groups.row_group(i).num_rows for i in range(2)] == [122_880, rows - 122_880]


def test_rows_that_come_in_another_order_are_sorted_after_all(tmp_path: Path) -> None:
    with engine.open_session() as session:
        rows = session.sql(f"SELECT {ROWS} - i AS __row FROM range({ROWS}) r(i)")
        a = session.write_parquet(rows, tmp_path / "a.parquet", ["__row"], presorted=True)
        b = session.write_parquet(rows, tmp_path / "b.parquet", ["__row"])
    assert (a.sha256, a.rows) == (b.sha256, ROWS)


def test_the_nonce_is_in_the_file_and_in_its_hash(tmp_path: Path) -> None:
    with engine.open_session() as session:
        table = session.sql("SELECT 1 AS __row, 2 AS x")
        one = session.write_parquet(table, tmp_path / "a.parquet", ["__row"], nonce="aa" * 16)
        two = session.write_parquet(table, tmp_path / "b.parquet", ["__row"], nonce="bb" * 16)
    assert one.sha256 != two.sha256
    assert pq.read_metadata(one.path).metadata[b"nonce"] == b"aa" * 16
    assert (one.rows, one.bytes) == (1, one.path.stat().st_size)


def test_nothing_is_left_beside_a_failed_write(tmp_path: Path) -> None:
    with engine.open_session() as session:
        table = session.sql("SELECT 1 AS __row, CAST('x' || range AS INT) AS x FROM range(3)")
        with pytest.raises(Exception, match=r"(?i)conver"):
            session.write_parquet(table, tmp_path / "a.parquet", ["__row"])
    assert list(tmp_path.iterdir()) == []


def test_the_spill_folder_is_private_and_goes_away(tmp_path: Path) -> None:
    spill = tmp_path / "spill"
    with engine.open_session(spill=spill) as session:
        (own,) = (path for path in spill.iterdir() if path.is_dir())
        assert own.stat().st_mode & 0o777 == 0o700
        assert session.backend.raw_sql("SELECT current_setting('temp_directory')").fetchone() == (
            str(own / "work"),
        )
        off = "SELECT current_setting('autoinstall_known_extensions')"
        assert session.backend.raw_sql(off).fetchone() == (False,)
    assert [path.name for path in spill.iterdir()] == [".lock"]


def test_a_shuffled_order_is_the_same_on_any_number_of_threads(tmp_path: Path) -> None:
    digests = set()
    for threads, descending in itertools.product((1, 2, 8), (False, True)):
        with engine.open_session(threads=threads) as session:
            rows = session.sql(f"SELECT 2 * i AS __row, i % 2 AS x FROM range({ROWS}) r(i)")
            if descending:
                rows = rows.order_by(ibis.desc("__row"))
            numbers = session.shuffled(rows, keyed_numbers(bytes(32), "order"))
            path = tmp_path / "numbers.parquet"
            digests.add(session.write_parquet(numbers, path, ["__id"]).sha256)
    assert len(digests) == 1
    written = pq.read_table(path)
    assert written["__id"].to_pylist() == list(range(ROWS))
    assert sorted(written["__row"].to_pylist()) == list(range(0, 2 * ROWS, 2))
    ends = np.array([c["__row"].to_numpy().min() for c in written.to_batches(max_chunksize=1000)])
    assert np.median(ends) < 2 * ROWS / 100, "each page has rows of all places"
