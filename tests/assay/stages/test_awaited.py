"""A run waits for a reference that is to be run again, whatever became of it before."""

from __future__ import annotations

from typing import Any

import pytest

from assay.errors import UndecidedError
from assay.stages import run as stages

FIRST, SECOND = "2024-01-01", "2024-01-02"
DAY = "2024-01-03"


def _pin(train: Any, batch: str, awaited: set[str]) -> stages.Run:
    asked: list[str] = []

    def among(batches: Any) -> set[str]:
        asked.extend(batches)
        return awaited.intersection(batches)

    train.drop("visits", batch, "")
    try:
        return stages.pin(train.services, "visits", batch, f"run-{batch}", "backfill",
                          awaited=among)  # fmt: skip
    finally:
        assert all(key < batch for key in asked)


def test_a_released_reference_that_is_run_again_is_undecided(ready: Any) -> None:
    with pytest.raises(UndecidedError) as raised:
        _pin(ready, DAY, {SECOND})
    assert raised.value.batches == (SECOND,)
    run = _pin(ready, DAY, {"2024-01-09"})
    assert set(run.spec.pinned.references["first_days"]) == {FIRST, SECOND}


def test_a_held_reference_that_was_mended_is_what_later_batches_are_judged_by(
    mini: Any, tmp_path: Any
) -> None:
    """The first day is held; it is mended and run again with the rest of its range."""
    train = mini.Train(mini.write_project(tmp_path / "project"), tmp_path / "home")
    train.drop("sites", "2024", mini.sites())
    train.run("sites", "2024")
    train.drop("visits", FIRST, mini.visits(FIRST, rows=10))
    assert train.run("visits", FIRST)["release"].state == "held"
    for day in (SECOND, DAY):
        train.drop("visits", day, mini.visits(day))
        train.run("visits", day)
    assert "no_reference" in train.batch("visits", DAY)["reasons"]
    train.drop("visits", FIRST, mini.visits(FIRST))
    with pytest.raises(UndecidedError):
        _pin(train, DAY, {FIRST})
    train.run("visits", FIRST)
    train.drop("visits", DAY, mini.visits(DAY))
    assert train.run("visits", DAY)["release"].state == "released"
