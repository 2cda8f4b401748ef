"""Events of OpenLineage of feedback and of a recall, as their commands keep them."""

from __future__ import annotations

import json
from typing import Any

import mini_feedback
import mini_model
import pytest

from assay.cli._main import run
from assay.stages import openlineage

DAY = mini_feedback.NEW_DAYS[0]


@pytest.fixture
def events(home: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a command; gives its exit code and the last event that is kept."""
    monkeypatch.setenv("ASSAY_PROJECT", str(home.project))
    monkeypatch.setenv("ASSAY_HOME", str(home.home))
    monkeypatch.setenv("ASSAY_OPENLINEAGE", "file")

    def command(*words: str) -> tuple[int, Any]:
        code = run(list(words))
        lines = [line for path in (home.home / "lineage").glob("*.jsonl")
                 for line in path.read_text(encoding="utf-8").splitlines()]  # fmt: skip
        return code, json.loads(lines[-1]) if lines else None

    return command


def test_feedback_names_predictions_rows_and_what_it_found(home: Any, events: Any) -> None:
    code, event = events("feedback", mini_model.MODEL, "--batch", DAY, "--author", "Ann Smith")
    assert (code, event["eventType"]) == (0, "COMPLETE")
    assert event["job"]["name"] == "feedback__passing"
    read = {d["name"]: d["facets"] for d in event["inputs"]}
    assert read.keys() == {"visits", mini_feedback.DATASET}
    version = home.services.registry.snapshot("visits").batches[DAY]
    assert read["visits"]["version"]["datasetVersion"] == version
    (made,) = event["outputs"]
    (use,) = home.services.registry.uses("feedback")
    assert (made["name"], made["facets"]["version"]["datasetVersion"]) == (
        "feedback.passing", use.id
    )  # fmt: skip
    verdict = event["run"]["facets"]["assay_verdict"]
    assert (verdict["stage"], verdict["outcome"], verdict["holds"]) == ("feedback", "PASS", False)
    assert verdict["rows"]["predicted"] > 300
    assert "Ann Smith" not in json.dumps(event)


def test_feedback_beyond_its_limits_is_an_event_that_failed(home: Any, events: Any) -> None:
    mini_feedback.write_model(home.project, limits=[{"metric": "accuracy", "min": 0.99}])
    code, event = events("feedback", mini_model.MODEL, "--batch", DAY)
    assert (code, event["eventType"]) == (1, "FAIL")
    facet = event["run"]["facets"]["assay_verdict"]
    assert facet["reasons"] == ["feedback_beyond_limit"]
    assert openlineage.data_of_feedback(()) is None


def test_a_recall_names_what_is_bad_and_what_readers_get(home: Any, events: Any) -> None:
    plan = ("recall", "visits", DAY, "--reason", "as Ann Smith asked")
    code, event = events(*plan)
    assert (code, event) == (0, None)
    from assay.stages.lineage import plan_recall

    found = plan_recall(home.services, "visits", DAY)
    code, event = events(*plan, "--apply", found.hash)
    assert (code, event["eventType"]) == (0, "COMPLETE")
    assert event["job"]["name"] == "recall__visits"
    bad = {d["name"]: d["facets"] for d in event["inputs"]}
    assert bad["visits"]["version"]["datasetVersion"] == found.version
    assert bad["visits"]["assay_version"]["state"] == "recalled"
    (now,) = event["outputs"]
    number = home.services.registry.snapshot("visits").number
    assert (now["name"], now["facets"]["version"]["datasetVersion"]) == ("visits", str(number))
    assert "Ann Smith" not in json.dumps(event)
