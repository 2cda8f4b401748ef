"""Every row that comes in goes to one place, whatever the faults: none is lost, none is doubled."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.stages.versions import open_cleaned

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
        data = home.services.registry.fetch("visits", day, found["version"])
        assert pq.read_metadata(data).num_rows == parts["released"] + parts["held"]


def test_a_scaled_file_holds_its_versions_rows_and_no_other(
    ready: Any, mini: Any, tmp_path: Path
) -> None:
    include, day = ready.project / "include", "2024-01-03"
    policy = include / "policies" / "visits" / "cleaning.yaml"
    scaling = "{step: scale, columns: [score], method: standardise, output: derived}"
    policy.write_text(f"{policy.read_text()}  - {scaling}\n")
    path = include / "suites" / "visits" / "clean.json"
    suite = json.loads(path.read_text())
    limit = mini.expect("expect_column_values_to_be_between", "age", max_value=85)
    suite["expectations"].append(limit)
    path.write_text(json.dumps(suite))
    old = sum(row[2] in range(86, 121) for row in mini.visit_rows(day))
    ready.drop("visits", day, mini.visits(day))

    done = ready.run("visits", day)

    assert done["validate_clean"].rows["quarantined"] == old > 0
    services, version = ready.services, ready.batch("visits", day)["version"]
    exported = tmp_path / "exported.parquet"
    with services.session() as session:
        open_cleaned(services, "visits", day, version).export_scaled(session, exported)
    scaled, data = (
        pq.read_table(services.registry.fetch("visits", day, version, n))
        for n in ("scaled", "data")
    )
    assert scaled["__id"].to_pylist() == data["__id"].to_pylist()
    for_training = pq.read_table(exported)
    assert for_training.column_names == [n for n in data.column_names if n != "__id"]
    assert for_training["score"].to_pylist() == scaled["score"].to_pylist()
