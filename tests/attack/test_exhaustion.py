"""Suites and columns that would use up memory or time: what is judged stays within the budget."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from assay import engine
from assay.quality import load_suite, validate

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
