"""The loop of the demo: what is left of it, and what it shows."""

from __future__ import annotations

import io
from typing import Any

from rich.console import Console

from demo.flights import BLIZZARD
from demo.loop import (
    FIRST,
    LATER,
    PREDICTIONS,
    Learned,
    is_closed,
    later_released,
    lines_of,
    predicted_days,
    wish_of,
)
from demo.plan import Stand
from demo.screen import Screen

HELD = ("2013-02-08", "2013-02-09", "2013-02-11")


def _version(number: int, state: str = "passed") -> dict[str, Any]:
    return {
        "number": number, "state": state, "dataset": "flights", "snapshot": 4 + number,
        "metrics": {"roc_auc": "0.91 (0.88 to 0.93, n=925)"},
    }  # fmt: skip


def _row(batch: str) -> dict[str, Any]:
    return {"batch": batch, "outcome": "PASS", "labelled": 860, "predicted": 884,
            "metrics": {"roc_auc": "0.8 (0.76 to 0.83)"}}  # fmt: skip


def _stand(**predictions: str) -> Stand:
    flights = {day: {"state": "held" if day in HELD else "released"} for day in BLIZZARD}
    said = {day.replace("_", "-").removeprefix("d"): {"state": s} for day, s in predictions.items()}
    return Stand({"flights": flights, PREDICTIONS: said})


def _all(state: str = "released") -> Stand:
    days = [day for day in BLIZZARD if day not in HELD]
    return _stand(**{f"d{day.replace('-', '_')}": state for day in days})


def test_released_days_are_predicted_and_held_ones_are_not() -> None:
    days = predicted_days(_stand())
    assert set(BLIZZARD) - set(days) == set(HELD)
    assert set(FIRST) <= set(days)
    assert wish_of(_stand()).dag_id == f"release__{PREDICTIONS}"


def test_the_loop_is_open_until_each_later_day_has_feedback() -> None:
    later = later_released(_all())
    assert later == set(LATER) - set(HELD)
    whole = Learned([_version(1), _version(2)], [_row(day) for day in sorted(later)])
    assert is_closed(_all(), whole)
    assert not is_closed(_stand(), whole)
    assert not is_closed(_all(), Learned(whole.versions[:1], whole.feedback))
    assert not is_closed(_all(), Learned(whole.versions, whole.feedback[1:]))
    assert not is_closed(_all(), Learned())


def test_a_held_model_ends_the_loop() -> None:
    assert is_closed(_stand(), Learned([_version(1, "held")]))


def test_predictions_that_are_held_need_no_feedback() -> None:
    assert is_closed(_all("held"), Learned([_version(1), _version(2)]))


def test_the_screen_shows_versions_feedback_and_the_comparison() -> None:
    difference = {"value": -0.0038, "low": -0.0146, "high": 0.007, "n": 1785}
    paired = {"metric": "roc_auc", "says": "inconclusive", "difference": difference}
    comparison = {"a": "late_arrival@1", "b": "late_arrival@2", "paired": [paired]}
    lines = list(
        lines_of(Learned([_version(1)], [_row("2013-02-12")], "late_arrival@1"), comparison)
    )
    console = Console(file=io.StringIO(), width=131)
    Screen(console).learned(lines)
    file = console.file
    assert isinstance(file, io.StringIO)
    for said in (
        "late_arrival@1", "champion", "from flights@5", "ROC AUC 0.91 (0.88 to 0.93, n=925)",
        "860 of 884 have their outcome", "ROC AUC 0.8 (0.76 to 0.83)",
        "late_arrival@2 − late_arrival@1", "1,785 same rows", "ROC AUC -0.004 (-0.015 to +0.007)",
    ):  # fmt: skip
        assert said in file.getvalue()
