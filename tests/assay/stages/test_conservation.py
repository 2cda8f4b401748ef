"""Every row that comes in goes to one place, whatever the faults: none is lost, none is doubled."""

from __future__ import annotations

import itertools
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

COLUMNS = 7
DAYS = (f"2024-{month:02}-{day:02}" for month, day in itertools.product(range(3, 13), range(1, 29)))
cells = st.sampled_from(  # what upstreams send
    [
        "",
        "nan",
        "inf",
        "-1",
        "1e999",
        "abc",
        "'; DROP",
        "S1",
        "s2 ",
        "a",
        "999",
        "Ä\u200b",
        '"',
        "0",
    ]
)
fault = st.tuples(st.integers(0, 119), st.integers(0, COLUMNS - 1), cells)


@pytest.fixture(scope="module")
def home(template: Any, mini: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return mini.copy(template, tmp_path_factory.mktemp("conservation"))


@pytest.mark.slow
@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    faults=st.lists(fault, max_size=30),
    again=st.lists(st.integers(0, 119), max_size=8),
    asked=st.sampled_from([{}, {"stop_before_release": True}, {"force": True, "reason": "tried"}]),
)
def test_rows_in_are_rows_somewhere(
    home: Any, mini: Any, faults: list[Any], again: list[int], asked: dict[str, Any]
) -> None:
    day = next(DAYS)
    rows = [list(row) for row in mini.visit_rows(day, rows=120, faults=0)]
    for row, column, cell in faults:
        rows[row][column] = cell
    rows += [rows[i] for i in again]
    home.drop("visits", day, mini.as_csv(mini.HEADER, rows))

    home.run("visits", day, approved_by="second" if "force" in asked else None, **asked)

    found = home.batch("visits", day)
    parts = {k: found[f"rows_{k}"] for k in ("released", "held", "quarantined", "dropped")}
    assert found["rows_in"] == len(rows)
    assert sum(parts.values()) + found["rows_suppressed"] == len(rows), parts
    assert min(parts.values()) >= 0
    aside = list((home.home / "quarantine" / "visits" / day).rglob("*.parquet"))
    assert sum(pq.read_metadata(p).num_rows for p in aside) == parts["quarantined"]
    if found["version"]:
        data = home.office.registry.fetch("visits", day, found["version"])
        assert pq.read_metadata(data).num_rows == parts["released"] + parts["held"]
