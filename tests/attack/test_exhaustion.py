"""Suites and columns that would use up memory or time: what is judged stays within the budget."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay import engine
from assay.drift import compare_files
from assay.quality import load_suite, validate
from assay.verdict import Outcome

CHECKS, ROWS = 64, 20_000
"""Two more than one column of marks has room for is the least; memory is small in proportion."""


def test_many_uniqueness_checks_need_no_more_memory_than_one(tmp_path: Path) -> None:
    chance = np.random.default_rng(1)
    columns = {f"c{i}": chance.integers(0, 10 * ROWS, ROWS).astype(str) for i in range(CHECKS)}
    pq.write_table(pa.table({"__row": np.arange(ROWS), **columns}), tmp_path / "rows.parquet")
    expectations = [
        {"type": "expect_column_values_to_be_unique", "kwargs": {"column": name},
         "severity": "critical", "meta": {"why": "to try it"}}
        for name in columns
    ]  # fmt: skip
    (tmp_path / "suite.json").write_text(
        json.dumps({"name": "all", "expectations": expectations, "meta": {}})
    )
    with engine.open_session(tmp_path / "spill", memory="300MB") as session:
        table = session.read_parquet(tmp_path / "rows.parquet")
        found = validate(session, table, load_suite(tmp_path / "suite.json"))
        marks = {r["__row"]: set(r["reasons"]) for r in session.rows(found.marks)}
    repeated = {}
    for name, values in columns.items():
        _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
        repeated[name] = set(np.flatnonzero(counts[place] > 1).tolist())
    for finding in found.findings:
        name = str(finding.expectation.kwargs["column"])
        assert finding.problem is None
        assert finding.result["unexpected_count"] == len(repeated[name])
        assert {n for n, why in marks.items() if finding.expectation.label in why} == repeated[name]
    assert found.quarantined == len(set.union(*repeated.values()))


@pytest.mark.parametrize("side", ["batch", "reference"])
def test_a_column_with_as_many_levels_as_rows_is_not_compared(
    tmp_path: Path, side: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is named, and no test or effect is computed of it; the other column is judged."""
    from assay.drift.columns import _comparison

    rows, compared, compare = 200_000, [], _comparison.compare_levels

    def watched(before: dict[str, int], now: dict[str, int], *more: Any) -> Any:
        compared.append(max(len(before), len(now)))
        return compare(before, now, *more)

    monkeypatch.setattr(_comparison, "compare_levels", watched)
    few, many = np.arange(rows) % 7, np.arange(rows)
    for name in ("batch", "reference"):
        ids = (many if name == side else few).astype(str)
        table = {"__row": many, "id": ids, "kind": few.astype(str)}
        pq.write_table(pa.table(table), tmp_path / f"{name}.parquet")
    policy = tmp_path / "drift.yaml"
    policy.write_text(
        "on_inconclusive: hold\nalpha: 0.01\nmost_levels: 1000\n"
        "columns:\n"
        "  id: {test: chi_square, effect: cramers_v, limit: 0.3}\n"
        "  kind: {test: chi_square, effect: cramers_v, limit: 0.3}\n"
    )
    verdict, _ = compare_files(
        tmp_path / "reference.parquet", tmp_path / "batch.parquet", policy, spill=tmp_path / "spill"
    )
    assert compared == [7]
    assert verdict.outcome is Outcome.INCONCLUSIVE
    (reason,) = verdict.reasons
    assert (reason.code, reason.column) == ("too_many_levels", "id")
    assert f"more than 1,000 levels in the {side}" in reason.message
