"""A model by the real scheduler: trained, found when asked again, its predictions released."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from assay.project import Project
from assay.stages import models
from assay.stages.models import chain
from assay.stages.services import Services

pytestmark = pytest.mark.integration

_MODEL = "late_arrival"
_TRAIN, _SCORE = f"train__{_MODEL}", f"score__{_MODEL}"
_PREDICTIONS = f"release__{_MODEL}_predictions"


def _unpause(site: Any, *dag_ids: str) -> None:
    for dag_id in dag_ids:
        answer = site.client().patch(f"/api/v2/dags/{dag_id}", json={"is_paused": False})
        assert answer.is_success, answer.text


def _scored(site: Any) -> list[dict[str, Any]]:
    """The releases that a scoring has started."""
    return [r for r in site.runs(_PREDICTIONS) if r["dag_run_id"].startswith("score__")]


@pytest.fixture(scope="module")
def trained(site: Any, week: object) -> dict[str, Any]:
    """One run by hand and the same again; task → state of each."""
    file = site.project / "include" / "models" / f"{_MODEL}.yaml"
    model = yaml.safe_load(file.read_text())
    # One test day: its intervals are too wide for the limits of two.
    model["gates"]["performance"]["limits"] = [{"metric": "roc_auc", "min": 0.5}]
    file.write_text(yaml.safe_dump(model))
    _unpause(site, _TRAIN)
    found = {}
    for name in ("first", "again"):
        run_id = site.trigger(_TRAIN, reason="a test")
        run = site.end(_TRAIN, run_id, 240)
        found[name] = (run, site.states(_TRAIN, run_id))
    return found


def test_a_model_is_trained_and_decided_on(site: Any, trained: dict[str, Any]) -> None:
    run, states = trained["first"]
    stages = {name: states[name] for name in (chain.PIN, *chain.names())}
    assert set(stages.values()) == {"success"}
    assert states["approve"] == "skipped"
    assert states["notify"] == "success"
    assert (run["state"], states["promote"]) == ("success", "success")


def test_the_same_again_is_found(trained: dict[str, Any]) -> None:
    run, states = trained["again"]
    assert run["state"] == "success"
    assert {states[name] for name in chain.names()} == {"skipped"}
    assert states["promote"] == "success"


def test_one_version_is_registered_and_its_predictions_are_released(
    site: Any, trained: dict[str, Any]
) -> None:
    environ = {**site.environ, "ASSAY_HOME": str(site.home)}
    services = Services(Project.from_environment(environ), clock=site.now)
    (version,) = models.versions_of(services, _MODEL)
    assert version.author == "admin"
    champion = models.champion_of(services, _MODEL)
    assert champion is not None, f"{version.name} is {version.state}: {version.reasons}"
    _unpause(site, _SCORE, _PREDICTIONS)
    # One of the days that later predictions are compared with, so it waits for no other.
    day = sorted(site.pointer("flights"))[0]
    run_id = site.trigger(_SCORE, batch=day)
    assert site.end(_SCORE, run_id, 120)["state"] == "success"
    (released,) = site.until("the predictions' release", lambda: _scored(site))
    assert site.end(_PREDICTIONS, released["dag_run_id"], 180)["state"] == "success"
    assert site.record(f"{_MODEL}_predictions", day).state == "released"
    # Scored again, the same delivery starts no second release.
    again = site.trigger(_SCORE, batch=day)
    assert site.end(_SCORE, again, 120)["state"] == "success"
    assert [r["dag_run_id"] for r in _scored(site)] == [released["dag_run_id"]]
