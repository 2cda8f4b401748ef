"""A run's page says why a question has no answer."""

from __future__ import annotations

from typing import Any

DAY = "2024-01-03"


def page(train: Any, dataset: str, batch: str) -> str:
    (found,) = (train.home / "reports" / dataset / batch).glob("*/report.html")
    return str(found.read_text())


def test_a_gate_that_doesnt_apply(ready: Any) -> None:
    told = page(ready, "sites", "2024")
    assert "its policy says that the gate doesn’t apply" in told
    assert "held the batch before" not in told


def test_a_gate_behind_one_that_held(ready: Any, mini: Any) -> None:
    ready.drop("visits", DAY, mini.visits(DAY, faults=400))
    ready.run("visits", DAY)
    told = page(ready, "visits", DAY)
    assert "not judged, because validate raw already held the batch" in told
    assert "doesn’t apply" not in told
