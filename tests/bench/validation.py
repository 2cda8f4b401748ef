"""A suite of 42 expectations over a file: Assay, Great Expectations, and the aggregates alone.

Assay is `assay validate` from the shell. Great Expectations reads the same file into pandas and
judges the same suite. The bare scan is what no validation can do without: the suite's aggregates
in one query of DuckDB's, and the distinct keys in another.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

from _measure import BenchError, Measured, measure, side
from _show import show
from _tables import CACHE, CATEGORIES, FLOATS, KEY, LEVELS, wide

ROWS = 10_000_000
_COUNTS = ("element_count", "unexpected_count", "missing_count")
_SHOWN = ("partial_unexpected_list",)


def run(rows: int) -> None:
    """Measure the three sides, hold their results against each other, and print them."""
    data, suite = wide(rows), _suite(rows)
    assay = Path(sys.executable).with_name("assay")
    ours = measure(
        "assay validate", [assay, "validate", data, "--suite", suite], rows=rows, accepts=(0, 1)
    )
    theirs = measure("Great Expectations", side("validation_gx.py", data, suite), rows=rows)
    bare = measure("bare scan (DuckDB)", side("validation_duckdb.py", data, suite), rows=rows)
    _compare(ours, theirs, bare)
    n = len(json.loads(suite.read_text())["expectations"])
    show(
        f"Validation: {n} expectations of {rows:,} x 18",
        [ours, theirs, bare],
        [
            "equal: success, counts, first failing values and observed values of each expectation",
            f"Assay takes {ours.wall / bare.wall:.1f} times the bare scan, "
            f"{ours.cpu / bare.cpu:.1f} times its processor time",
        ],
    )


def _suite(rows: int) -> Path:
    expectations: list[dict[str, Any]] = []

    def add(kind: str, **kwargs: Any) -> None:
        expectations.append({"type": f"expect_{kind}", "kwargs": kwargs})

    for i, name in enumerate(FLOATS):
        add("column_values_to_not_be_null", column=name, mostly=0.95)
        add("column_values_to_be_between", column=name, min_value=i - 4, max_value=i + 4,
            mostly=0.99)  # fmt: skip
        add("column_mean_to_be_between", column=name, min_value=i - 0.5, max_value=i + 0.5)
    for name in CATEGORIES:
        add("column_values_to_be_in_set", column=name, value_set=list(LEVELS[:-1]))
    add("column_values_to_be_unique", column=KEY)
    add("table_row_count_to_be_between", min_value=rows, max_value=rows)
    path = CACHE / f"suite-{rows}.json"
    path.write_text(json.dumps({"name": "bench", "expectations": expectations}))
    return path


def _compare(ours: Measured, theirs: Measured, bare: Measured) -> None:
    mine, gx = ours.result["results"], theirs.result
    if len(mine) != len(gx):
        raise BenchError(f"{len(mine)} results against {len(gx)}")
    for a, b, alone in zip(mine, gx, bare.result, strict=True):
        name = f"{a['expectation_config']['type']} {a['expectation_config']['kwargs']}"
        if a["engine"] != "compiled" or a["success"] != b["success"]:
            raise BenchError(f"{name}: {a['engine']} {a['success']} against {b['success']}")
        for key in (*_COUNTS, *_SHOWN):
            if key in a["result"] and a["result"][key] != _plain(b["result"].get(key)):
                raise BenchError(f"{name}: {key} differs")
        mean = a["result"].get("observed_value")
        if not _close(mean, b["result"].get("observed_value")):
            raise BenchError(f"{name}: {mean} against {b['result'].get('observed_value')}")
        if not _close(alone, mean if mean is not None else a["result"]["unexpected_count"]):
            raise BenchError(f"{name}: the bare scan says {alone}")


def _plain(value: Any) -> Any:
    """A result as JSON has it: NaN, which pandas has for null, as null."""
    if isinstance(value, list):
        return [_plain(v) for v in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def _close(a: Any, b: Any) -> bool:
    return a == b or (None not in {a, b} and math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12))
