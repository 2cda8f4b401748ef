"""The upstream drops the real data, whole, and each row once."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from assay.errors import InputError
from demo.census import WHEEL, YEARS, drop_census, load_census
from demo.flights import BLIZZARD, all_days, drop_flights, drop_references

_WHEEL = Path(__file__).resolve().parents[2] / ".cache" / WHEEL


def _rows(path: Path) -> list[dict[str, str]]:
    text = gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text()
    return list(csv.DictReader(text.splitlines()))


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inbox")
    drop_flights(folder, all_days())
    drop_references(folder)
    drop_census(folder, _WHEEL)
    return folder


def test_every_flight_is_dropped_once_on_its_own_day(inbox: Path) -> None:
    files = sorted((inbox / "flights").iterdir())
    assert [f.name.removesuffix(".csv.gz") for f in files] == list(all_days())
    assert len(files) == 365
    total = without_departure = 0
    for file in files:
        rows = _rows(file)
        total += len(rows)
        without_departure += sum(not row["dep_time"] for row in rows)
        assert {f"{r['year']}-{int(r['month']):02}-{int(r['day']):02}" for r in rows} == {
            file.name.removesuffix(".csv.gz")
        }
    assert total == 336_776
    assert without_departure == 8_255


def test_the_faults_that_the_data_is_known_for_are_there(inbox: Path) -> None:
    planes = {row["tailnum"] for row in _rows(inbox / "planes" / "2013.csv")}
    tails = [row["tailnum"] for f in (inbox / "flights").iterdir() for row in _rows(f)]
    assert sum(bool(tail) and tail not in planes for tail in tails) == 50_094
    assert sum(not tail for tail in tails) == 2_512
    assert len(_rows(inbox / "planes" / "2013.csv")) == 3_322
    assert len(_rows(inbox / "airports" / "2013.csv")) == 1_458
    assert len(_rows(inbox / "airlines" / "2013.csv")) == 16


def test_each_census_year_has_its_rows_and_every_row_its_label(inbox: Path) -> None:
    tables = [pq.read_table(inbox / "census_employment" / f"{year}.parquet") for year in YEARS]
    assert [t.num_rows for t in tables] == [68_785, 69_126, 69_635, 70_131]
    assert all(t["employed"].null_count == 0 for t in tables)
    ids = {i for t in tables for i in t["id"].to_pylist()}
    assert len(ids) == sum(t.num_rows for t in tables)
    assert len({str(t.schema) for t in tables}) == 1


def test_an_unchanged_file_is_left_alone_and_a_changed_one_replaced(tmp_path: Path) -> None:
    days = BLIZZARD[:2]
    assert drop_flights(tmp_path, days) == list(days)
    assert drop_references(tmp_path) == ["planes", "airports", "airlines"]
    assert drop_census(tmp_path, _WHEEL, ["2015"]) == ["2015"]
    before = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*.*")}
    (tmp_path / "flights" / f"{days[1]}.csv.gz").write_bytes(gzip.compress(b"other"))

    assert drop_flights(tmp_path, days) == [days[1]]
    assert drop_references(tmp_path) == []
    assert drop_census(tmp_path, _WHEEL, ["2015"]) == []
    after = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*.*")}
    assert {p.name for p in before if before[p] != after[p]} == {f"{days[1]}.csv.gz"}
    assert set(before) == set(after)


def test_two_drops_of_the_same_data_have_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        drop_flights(tmp_path / folder, BLIZZARD[:1])
    one, two = sorted(tmp_path.rglob("*.gz"))
    assert one.read_bytes() == two.read_bytes()


def test_missing_data_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="make setup"):
        load_census(tmp_path / WHEEL)
