"""The DAG of a data set that people label: there where its labels are released, and only there."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import label_rounds as support

Parse = Callable[[Path], dict[str, Any]]
HEADINGS = ("What it does", "When not to run it", "Parameters", "Example", "Who is notified")
WAY = ["plan", "publish", "collect", "agree", "adjudicate", "land", "release_labels"]


def _add_labels(project: Path, dataset: str) -> None:
    contracts = project / "include" / "contracts"
    text = (contracts / "late_arrival_predictions.odcs.yaml").read_text()
    made = text.replace("late_arrival_predictions", f"{dataset}_labels")
    (contracts / f"{dataset}_labels.odcs.yaml").write_text(made)


def test_rounds_go_from_plan_to_release(parse: Parse, lay_project: Callable[[], Path]) -> None:
    project = lay_project()
    policies = project / "include" / "policies"
    (policies / "planes" / "labelling.yaml").write_text(support.POLICY)
    (policies / "airports" / "labelling.yaml").write_text(support.POLICY)
    (policies / "airlines" / "labelling.yaml").write_text("show: 7\n")
    _add_labels(project, "planes")
    _add_labels(project, "airlines")

    found = parse(project)

    assert found["errors"] == {}
    dags = {name: dag for name, dag in found["dags"].items() if name.startswith("label__")}
    assert dags.keys() == {"label__planes", "label__airlines", "label__digits"}
    dag = dags["label__planes"]
    assert dag["schedule"] == "NullTimetable"
    assert {n: t["downstream"] for n, t in dag["tasks"].items()} == {
        **{one: [after] for one, after in pairwise(WAY)}, WAY[-1]: [],
    }  # fmt: skip
    assert {t["trigger_rule"] for t in dag["tasks"].values()} == {"all_success"}
    assert dag["params"].keys() == {"budget", "anyway", "accept"}
    assert dag["tags"] == ["assay", "dataset:planes", "labelling", "owner:air-traffic-data"]
    assert all(f"**{heading}.**" in dag["manual"] for heading in HEADINGS)
    assert "labelling.yaml" in dags["label__airlines"]["tasks"]["plan"]["error"]
    heavy = {"pyarrow", "duckdb", "ibis", "sklearn", "assay.labelling", "assay.stages.labels"}
    assert heavy & set(found["modules"]) == set()
