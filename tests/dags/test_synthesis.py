"""The DAG of synthetic rows: there where something would release them, and only there."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

Parse = Callable[[Path], dict[str, Any]]
HEADINGS = ("What it does", "When not to run it", "Parameters", "Example", "Who is notified")


def test_synthetic_rows_are_made_after_each_release_and_then_released(
    parse: Parse, lay_project: Callable[[], Path]
) -> None:
    project = lay_project()
    include = project / "include"
    text = (include / "contracts" / "late_arrival_predictions.odcs.yaml").read_text()
    made = text.replace("late_arrival_predictions", "census_employment_synthetic")
    (include / "contracts" / "census_employment_synthetic.odcs.yaml").write_text(made)
    for folder in (include / "policies", include / "suites"):
        like = folder / "late_arrival_predictions"
        shutil.copytree(like, folder / "census_employment_synthetic")
    found = parse(project)
    assert found["errors"] == {}
    dags = {name: dag for name, dag in found["dags"].items() if name.startswith("synthesise__")}
    assert dags.keys() == {"synthesise__census_employment"}
    dag = dags["synthesise__census_employment"]
    assert dag["schedule"] == "PartitionedAssetTimetable"
    assert dag["tasks"]["synthesise"]["downstream"] == ["release_synthetic"]
    assert dag["params"].keys() == {"batch", "rows"}
    assert dag["tags"] == [
        "assay", "dataset:census_employment", "owner:labour-market-data", "synthesis",
    ]  # fmt: skip
    assert all(f"**{heading}.**" in dag["manual"] for heading in HEADINGS)
    assert "sklearn" not in found["modules"]
    assert "assay.synthesis" not in found["modules"]
