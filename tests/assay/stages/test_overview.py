"""A run's page says why a question has no answer."""

from __future__ import annotations

from typing import Any

DAY = "2024-01-03"


def page(train: Any, dataset: str, batch: str) -> str:
    (found,) = (train.home / "reports" / dataset / batch).glob("*/report.html")
    return str(found.read_text())


def test_a_gate_that_doesnt_apply(ready: Any) -> None:
    told = page(ready, "sites", "2024")
    assert "its policy says that the gate doesn’t apply: A register." in told
    assert "held the batch before" not in told
    assert "Not judged: protect, drift, fairness." in told
    assert told.count("</i> NOT JUDGED") == 6  # three questions, three stages


def test_a_gate_behind_one_that_held(ready: Any, mini: Any) -> None:
    ready.drop("visits", DAY, mini.visits(DAY, faults=400))
    ready.run("visits", DAY)
    told = page(ready, "visits", DAY)
    assert "because validate raw already held the batch" in told
    assert "doesn’t apply" not in told


def test_a_batch_without_a_reference_is_not_said_to_pass_drift(ready: Any, mini: Any) -> None:
    first = mini.REFERENCE_DAYS[0]
    told = page(ready, "visits", first)
    assert "Not judged: drift." in told
    assert "WARN, drift not judged" in told
    batch = ready.batch("visits", first)
    assert batch["reasons"] == ["rows_quarantined", "bootstrap_batch"]
    assert (batch["verdict"], batch["not_judged"]) == ("WARN", ["drift"])
    (drift,) = (ready.home / "reports/visits" / first).glob("*/drift.html")
    assert "NOT JUDGED" in drift.read_text()
    assert "PASS" not in drift.read_text().split("</style>")[-1]
