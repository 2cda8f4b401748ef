"""Released rows in one file: each with its batch, without what only we need to know of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay.errors import InputError, RegistryError
from assay.stages.access import export_as, person
from assay.versioning import PartitionRows
from assay.versioning._export import export_rows


def _part(folder: Path, name: str, **columns: Any) -> Path:
    path = folder / f"{name}.parquet"
    pq.write_table(pa.table(columns), path)
    return path


def test_a_row_says_from_which_batch_it_is(ready: Any, mini: Any, tmp_path: Path) -> None:
    registry = ready.services.registry

    found = export_as(ready.services, person(), "visits", None, tmp_path / "all.parquet")
    whole = export_as(
        ready.services, person(), "visits", None, tmp_path / "whole.parquet", bookkeeping=True
    )

    table = pq.read_table(tmp_path / "all.parquet")
    days = [date.fromisoformat(day) for day in mini.REFERENCE_DAYS]
    counts = {v.batch: pq.read_metadata(registry.fetch("visits", v.batch, v.version)).num_rows
              for v in registry.versions("visits")}  # fmt: skip
    assert sorted(set(table["__batch"].to_pylist())) == days
    assert [table["__batch"].to_pylist().count(day) for day in days] == [*counts.values()]
    assert found.rows == table.num_rows == whole.rows
    assert not [n for n in table.column_names[1:] if n.startswith("__") or "__imputed" in n]
    assert "__id" in whole.columns
    assert (found.snapshot, found.batches) == (registry.pointer("visits").snapshot,
                                               mini.REFERENCE_DAYS)  # fmt: skip


def test_partitions_of_different_columns_are_one_table(tmp_path: Path) -> None:
    day = date(2024, 1, 1)
    parts = {
        "2024-01": _part(tmp_path, "a", a=[1], seen=[day], age__imputed=[True], a__outlier=[1]),
        "2024-02": _part(tmp_path, "b", a=[1.5], new=["x"]),
    }

    given = PartitionRows(parts, data=["a__outlier"])
    rows, columns = export_rows(given, tmp_path / "o.parquet", bookkeeping=False)

    assert (rows, columns) == (2, ("__batch", "a", "seen", "a__outlier", "new"))
    assert pq.read_table(tmp_path / "o.parquet").to_pylist() == [
        {"__batch": "2024-01", "a": 1.0, "seen": day, "a__outlier": 1, "new": None},
        {"__batch": "2024-02", "a": 1.5, "seen": None, "a__outlier": None, "new": "x"},
    ]


@pytest.mark.parametrize("columns", [["a", "new", "__batch"], ["new"], ["seen", "a"]])
def test_the_table_has_the_rows_of_the_blocks_in_their_order(
    columns: list[str], tmp_path: Path
) -> None:
    parts = {
        "2024-01": _part(tmp_path, "a", seen=[1.0, None], a=[1, 2]),
        "2024-02": _part(tmp_path, "b", new=pa.array(["x"]).dictionary_encode(), a=[1.5]),
        "2024-03": _part(tmp_path, "c", a=pa.array([], pa.int64())),
        "2024-04": _part(tmp_path, "d", a=[4, 5], seen=[None, 2.0]),
    }
    rows = PartitionRows(parts)
    table = rows.table(columns)
    blocks = pa.Table.from_batches(rows.blocks(columns), schema=rows.schema_of(columns))
    assert table.schema.equals(rows.schema_of(columns), check_metadata=True)
    assert table.to_pylist() == blocks.to_pylist()
    assert table.num_rows == rows.count == 5
    assert PartitionRows({}).table([]).num_rows == 0
    for places in ([], [0], [1, 2, 4], [*range(5)]):
        some = rows.take(columns, np.array(places, dtype=int))
        assert some.schema.equals(table.schema)
        assert some.to_pylist() == table.take(pa.array(places, pa.int64())).to_pylist()


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    parts = {"2024-01-01": _part(tmp_path, "a", a=["x"])}
    export_rows(PartitionRows(parts), tmp_path / "o.csv", bookkeeping=False)
    assert (tmp_path / "o.csv").read_text().split() == ['"__batch","a"', '2024-01-01,"x"']
    with pytest.raises(InputError, match="Parquet or CSV"):
        export_rows(PartitionRows(parts), tmp_path / "o.xlsx", bookkeeping=False)
    (tmp_path / "b.parquet").write_bytes(b"PAR1")
    damaged = PartitionRows({**parts, "2024-01-02": tmp_path / "b.parquet"})
    with pytest.raises(pa.ArrowInvalid):
        export_rows(damaged, tmp_path / "n.csv", bookkeeping=False)
    assert not list(tmp_path.glob("*n.csv*")) + list(tmp_path.glob(".*"))


def test_a_snapshot_that_isnt_there_writes_nothing(ready: Any, tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="no such snapshot"):
        export_as(ready.services, person(), "visits", 99, tmp_path / "x.parquet")
    assert not (tmp_path / "x.parquet").exists()
