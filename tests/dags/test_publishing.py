"""The DAG of published tables: there for the data sets whose policy asks for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

Parse = Callable[[Path], dict[str, Any]]
HEADINGS = ("What it does", "When not to run it", "Parameters", "Example", "Who is notified")


def test_a_data_set_is_published_after_each_release_where_its_policy_says_so(
    parse: Parse, lay_project: Callable[[], Path]
) -> None:
    project = lay_project()
    policy = project / "include" / "policies" / "airports" / "publishing.yaml"
    policy.write_text("connection: warehouse\nkeep_snapshots: 0\n")
    found = parse(project)
    assert found["errors"] == {}
    dags = {name: dag for name, dag in found["dags"].items() if name.startswith("publish__")}
    assert dags.keys() == {"publish__airports"}
    dag = dags["publish__airports"]
    assert dag["schedule"] == "PartitionedAssetTimetable"
    assert dag["tasks"].keys() == {"publish"}
    assert dag["params"].keys() == {"plan_only"}
    assert "publishing" in dag["tags"]
    assert all(f"**{heading}.**" in dag["manual"] for heading in HEADINGS)
    assert "psycopg" not in found["modules"]
    assert "assay.publishing" not in found["modules"]
