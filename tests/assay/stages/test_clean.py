"""What a batch's cleaning was fitted on and with, and what becomes of one that changed too much."""

from __future__ import annotations

import importlib.metadata
import json
from typing import Any

import pytest

from assay.stages import run as stages
from assay.stages.run._derivation import derivation

DAY, POLICIES = "2024-01-03", "include/policies/visits"
SCALE = "  - {step: scale, columns: [score], method: standardise}\n"
FIRST_DAYS = "first_days: {kind: pinned, batches: [2024-01-01, 2024-01-02]}"
FOREST = (
    "  - {step: outliers, columns: [score], action: flag, by: {method: isolation_forest, trees: 5,"
    " rows: 100, contamination: 0.01, seed: 1, key: [person]}}\n"
)
MOVING = "later: {kind: pinned, batches: [2024-12-31]}\n  day_before: {kind: previous}"


def verdict(ready: Any, day: str = DAY) -> Any:
    found = ready.services.catalog.verdicts.find("visits", day)
    return next(r.verdict for r in reversed(found) if r.verdict.gate == "clean")


@pytest.fixture
def scaling(ready: Any) -> Any:
    path = ready.project / POLICIES / "cleaning.yaml"
    path.write_text(path.read_text() + SCALE)
    return ready


@pytest.mark.parametrize("pinned", [True, False])
def test_the_verdict_names_the_reference_and_a_moving_one_makes_no_scaler(
    scaling: Any, mini: Any, pinned: bool
) -> None:
    released = dict(scaling.services.registry.snapshot("visits").batches)
    name, days = "first_days", mini.REFERENCE_DAYS
    if not pinned:
        path = scaling.project / POLICIES / "drift.yaml"
        path.write_text(path.read_text().replace(FIRST_DAYS, MOVING))
        name, days = "day_before", mini.REFERENCE_DAYS[1:]
    scaling.drop("visits", DAY, mini.visits(DAY))

    scaling.run("visits", DAY, until="clean")

    found = verdict(scaling)
    assert found.detail["reference"] == {"name": name, "versions": {d: released[d] for d in days}}
    work = next((scaling.home / "work" / "visits" / DAY).glob("[!r]*"))
    state = json.loads((work / "state.json").read_text())
    assert found.detail["fitted_on"] == state["fitted_on"] == ("reference" if pinned else "moving")
    assert state["rows"] == 498 * len(days)
    assert (work / "scaler.json").exists() == pinned
    refused = ["cleaning_scaling_refused"]
    assert [r.code for r in found.reasons] == ([] if pinned else refused)
    (page,) = (scaling.home / "reports" / "visits" / DAY).glob("*/clean.html")
    told = "the reference" if pinned else "a moving reference"
    assert f"{told} {name} ({', '.join(days)})" in page.read_text()


def test_a_bootstrap_batch_has_no_reference_to_name(ready: Any, mini: Any) -> None:
    assert "reference" not in verdict(ready, mini.REFERENCE_DAYS[0]).detail


def test_more_changes_than_the_budget_hold_the_batch(ready: Any, mini: Any) -> None:
    path = ready.project / POLICIES / "cleaning.yaml"
    path.write_text(path.read_text() + "budget: {columns: {score: {max_share: 0.01}}}\n")
    filled = sum(row[3] == "" for row in mini.visit_rows(DAY)[2:])
    assert filled > 498 * 0.01
    ready.drop("visits", DAY, mini.visits(DAY))

    done = ready.run("visits", DAY)

    assert list(done) == ["ingest", "validate_raw", "protect", "clean", "release"]
    batch = ready.batch("visits", DAY)
    assert (batch["state"], batch["verdict"], batch["version"]) == ("held", "FAIL", None)
    assert (batch["rows_held"], batch["rows_quarantined"], batch["rows_dropped"]) == (498, 2, 0)
    assert "cleaning_budget_exceeded" in batch["reasons"]
    (reason,) = verdict(ready).reasons
    assert (reason.code, reason.column) == ("cleaning_budget_exceeded", "score")
    assert reason.numbers == {"count": filled, "n": 498, "share": filled / 498, "limit": 0.01}
    assert ready.dataset("visits")["released"]["batch"] == mini.REFERENCE_DAYS[1]


@pytest.mark.parametrize("forest", [True, False])
def test_scikit_learns_version_is_in_the_id_where_a_forest_is_fitted(
    ready: Any, monkeypatch: pytest.MonkeyPatch, forest: bool
) -> None:
    path = ready.project / POLICIES / "cleaning.yaml"
    first = "  - {step: impute"
    path.write_text(path.read_text().replace(first, (FOREST if forest else "") + first))
    services, installed = ready.services, importlib.metadata.version
    run = stages.pin(services, "visits", DAY, "run", "manual")
    ids = []
    for version in ("1.0", "2.0"):
        told = {"scikit-learn": version}
        monkeypatch.setattr(
            importlib.metadata, "version", lambda name, told=told: told.get(name) or installed(name)
        )
        derived = derivation(run, "0" * 64)
        ids.append(services.registry.version_id("visits", DAY, derived))
    assert (ids[0] != ids[1]) == forest
