"""Released rows in Python: which snapshot, which batches, which columns, and in which form."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

import assay
from assay.errors import AssayError, InputError
from assay.snapshots import matching_batches, open_snapshot

FIRST, SECOND = "2024-01-01", "2024-01-02"


@pytest.fixture
def opened(template: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Open released rows of the small project by its environment."""
    monkeypatch.setenv("ASSAY_PROJECT", str(template.project))
    monkeypatch.setenv("ASSAY_HOME", str(template.home))
    return assay.open


def test_a_snapshot_says_what_it_holds(opened: Any, template: Any) -> None:
    snap = opened("visits")
    registry = template.services.registry
    assert snap.number == registry.pointer("visits").snapshot == 2
    assert snap.batches == registry.snapshot("visits").batches
    assert list(snap.batches) == [FIRST, SECOND]
    assert set(snap.verdicts()) == {FIRST, SECOND}
    assert snap.verdicts()[FIRST]["validate_raw"]["gate"]


def test_the_rows_are_those_of_the_files(opened: Any) -> None:
    snap = opened("visits")
    frames = [pd.read_parquet(path) for path in snap.paths().values()]
    names = ["person", "site", "age", "score", "team", "passed", "seen"]
    expected = pd.concat(frames, ignore_index=True)[names]
    pd.testing.assert_frame_equal(snap.to_pandas(), expected)
    assert snap.to_arrow().schema == snap.schema
    assert pa.Table.from_batches(snap.blocks()).equals(snap.to_arrow())


def test_what_was_done_to_a_row_is_given_when_it_is_named(opened: Any) -> None:
    frame = opened("visits").to_pandas(columns=["__batch", "score", "score__imputed", "__id"])
    assert list(frame.columns) == ["__batch", "score", "score__imputed", "__id"]
    assert set(frame["__batch"]) == {dt.date(2024, 1, 1), dt.date(2024, 1, 2)}
    assert 0 < frame["score__imputed"].sum() < len(frame)


@pytest.mark.parametrize("batches", [SECOND, [SECOND], f"{SECOND}..2024-02", "2024-01-02..2024-01"])
def test_batches_are_chosen_by_key_and_range(opened: Any, batches: Any) -> None:
    snap = opened("visits")
    assert list(snap.paths(batches)) == [SECOND]
    chosen = snap.to_arrow(["__batch"], batches)["__batch"].unique().to_pylist()
    assert chosen == [dt.date(2024, 1, 2)]


def test_another_snapshot_a_version_or_a_moment(opened: Any, template: Any) -> None:
    first = opened("visits@1")
    assert (first.number, list(first.batches)) == (1, [FIRST])
    assert opened("visits", snapshot=1).digest == first.digest
    assert opened(f"visits@{first.batches[FIRST]}").digest == first.digest
    assert opened(f"visits@{FIRST}").digest == first.digest
    made = template.services.registry.snapshot("visits", 1).at
    assert opened("visits", as_of=made).number == 1
    assert opened("visits", as_of="2999-01-01").number == 2
    assert opened("sites@2024").batches.keys() == {"2024"}


def test_the_digest_is_of_the_bytes(opened: Any) -> None:
    assert opened("visits").digest == opened("visits@2").digest
    assert opened("visits").digest != opened("visits@1").digest
    assert len(opened("visits").digest) == 64


def test_a_rollback_counts_from_when_it_was_made(ready: Any) -> None:
    services = ready.services
    before = services.clock()
    at = before + dt.timedelta(hours=1)
    services.registry.rollback("visits", 1, reason="try", author="tester", at=at)
    assert open_snapshot(ready.services, "visits").number == 1
    assert open_snapshot(ready.services, "visits", as_of=before).number == 2
    assert open_snapshot(ready.services, "visits", as_of=at).number == 1


@pytest.mark.parametrize(
    ("what", "more", "says"),
    [
        ("visit", {}, "Did you mean 'visits'"),
        ("visits@2025", {}, "2025"),
        ("visits@2024-03", {}, "no such batch in the snapshot"),
        ("visits@" + "0" * 32, {}, "no snapshot holds this version"),
        ("visits", {"as_of": "yesterday"}, "isn't a moment"),
        ("visits", {"as_of": "2001-01-01"}, "nothing was released then"),
    ],
)
def test_what_is_not_there_is_named(opened: Any, what: str, more: Any, says: str) -> None:
    with pytest.raises(AssayError, match=says):
        opened(what, **more)


def test_a_column_that_is_not_there_is_named(opened: Any) -> None:
    with pytest.raises(InputError, match="Did you mean 'score'"):
        opened("visits").to_pandas(columns=["scores"])


def test_a_relation_of_duckdb(opened: Any) -> None:
    snap = opened("visits")
    relation = snap.to_duckdb(["site", "age"])
    assert relation.aggregate("count(*)").fetchall() == [(snap.to_arrow().num_rows,)]


def test_a_data_frame_of_polars(opened: Any) -> None:
    snap = opened("visits")
    frame = snap.to_polars(["site", "age"])
    assert frame.to_dict(as_series=False) == snap.to_arrow(["site", "age"]).to_pydict()


def test_without_polars_the_error_says_how_to_add_it(
    opened: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(InputError, match="pip install polars"):
        opened("visits").to_polars()


def test_a_damaged_file_is_not_read(ready: Any) -> None:
    snap = open_snapshot(ready.services, "visits")
    md5 = snap.versions[FIRST].objects["data"].md5
    for path in ready.home.rglob(md5[2:]):
        path.chmod(0o600)
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    with pytest.raises(AssayError):
        open_snapshot(ready.services, "visits").to_pandas()


def test_ranges_of_months_and_years() -> None:
    months = ["2023-12", "2024-01", "2024-02"]
    assert matching_batches(months, "2024", "d") == ["2024-01", "2024-02"]
    assert matching_batches(months, "2023..2024-01", "d") == ["2023-12", "2024-01"]


def test_importing_the_library_imports_nothing_heavy() -> None:
    asks = "import sys, assay; print(*{m.split('.')[0] for m in sys.modules})"
    done = subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, check=True)
    assert not {"pandas", "pyarrow", "duckdb", "airflow"} & set(done.stdout.split())
