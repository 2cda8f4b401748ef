"""A round of labelling by the real scheduler and triggerer, on sheets; its labels are released."""

from __future__ import annotations

from typing import Any

import label_rounds as support
import pytest
import yaml

from assay.project import Project
from assay.stages.labels import rounds
from assay.stages.services import Services

pytestmark = pytest.mark.integration

_DATASET, _LABELS = "quizzes", "quizzes_labels"
_LABEL, _RELEASE = f"label__{_DATASET}", f"release__{_LABELS}"
_POLICY = """\
instruction:
  question: Is the value 3 or more?
  answers:
    - {value: high, definition: 3 or more.}
    - {value: low, definition: Less than 3.}
show: [{column: value, display: value, title: Value}]
round: {budget: 5, deadline_days: 1}
selection: {random: 1}
double_labelling: 1
gold_rate: 0
review: {least_posterior: 0, least_agreement: 1, unanimous_share: 0}
stop: {gain: 0.001, probability: 0.9, labels: 400}
annotators: [ada, grace]
experts: [hilbert]
"""


def _says(row: dict[str, str], _: str) -> str:
    return "high" if float(row["Value"]) >= 3 else "low"


def _otherwise(row: dict[str, str], who: str) -> str:
    return {"high": "low", "low": "high"}[_says(row, who)]


@pytest.fixture(scope="module")
def services(site: Any) -> Services:
    """The installation's own, with a released batch and a labelling policy."""
    site.unpause(_DATASET)
    run_id = site.trigger(f"release__{_DATASET}", batch=site.day(1))
    assert site.end(f"release__{_DATASET}", run_id)["state"] == "success"
    environ = {**site.environ, "ASSAY_HOME": str(site.home)}
    found = Services(Project.from_environment(environ), clock=site.now)
    policies = site.project / "include" / "policies" / _DATASET
    (policies / "labelling.yaml").write_text(_POLICY)
    retention = yaml.safe_load((policies / "retention.yaml").read_text())
    retention["zones"]["labelling"] = {"counts_from": "landed_at", "max_age_days": 400}
    (policies / "retention.yaml").write_text(yaml.safe_dump(retention))
    rounds.draft_labels(found, _DATASET)
    site.until(
        "the DAGs of labels",
        lambda: {_LABEL, _RELEASE} <= {dag["dag_id"] for dag in site.get("/dags")["dags"]},
        seen=lambda: site.get("/importErrors"),
    )
    for dag_id in (_LABEL, _RELEASE):
        patch = site.client().patch(f"/api/v2/dags/{dag_id}", json={"is_paused": False})
        assert patch.is_success, patch.text
    return found


def _deferred(site: Any, run_id: str, task: str) -> None:
    site.until(
        f"{task} to wait",
        lambda: site.states(_LABEL, run_id)[task] == "deferred",
        90,
        lambda: site.states(_LABEL, run_id),
    )


def test_a_round_is_answered_while_no_worker_waits(site: Any, services: Services) -> None:
    run_id = site.trigger(_LABEL)
    _deferred(site, run_id, "collect")
    folder = rounds.find_round(services, _DATASET)
    support.fill(folder, _says, ("ada",))

    # As a person does who isn't sure whether it still waits.
    body = {"dag_run_id": run_id, "task_ids": ["collect"], "dry_run": False, "only_failed": False}
    answer = site.client().post(f"/api/v2/dags/{_LABEL}/clearTaskInstances", json=body)
    assert answer.is_success, answer.text
    site.until("half of the answers", lambda: len(folder.annotations()) == 5)
    _deferred(site, run_id, "collect")
    support.fill(folder, _otherwise, ("grace",))
    _deferred(site, run_id, "adjudicate")
    assert len(folder.annotations()) == 10
    support.fill(folder, _says, ("hilbert",), "review")

    assert site.end(_LABEL, run_id, 180)["state"] == "success"
    (released,) = [r["dag_run_id"] for r in site.runs(_RELEASE) if r["run_type"] != "scheduled"]
    assert released.startswith("land__")
    assert site.end(_RELEASE, released, 180)["state"] == "success"
    (batch,) = site.pointer(_LABELS)
    record = site.record(_LABELS, batch)
    assert (record.state, record.counts.released) == ("released", 5)
    logs = [site.log(_LABEL, run_id, task) for task in site.states(_LABEL, run_id)]
    assert [who for who in ("ada", "grace", "hilbert") if any(who in log for log in logs)] == []
