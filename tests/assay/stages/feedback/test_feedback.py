"""Released predictions meet their outcomes: judged, on record, mended when more come."""

from __future__ import annotations

import json
from typing import Any

import mini_feedback
import mini_model
import mini_project
import pytest

from assay.errors import PolicyError
from assay.stages import feedback, models
from assay.stages.lineage import find_target, trace
from assay.stages.work import DoesNotApply
from assay.verdict import Outcome

DAY, NEXT = mini_feedback.NEW_DAYS
SITE = "S3"


def codes(judged: Any) -> set[str]:
    return {reason.code for reason in judged.finished.verdict.reasons}


def uses(home: Any) -> list[Any]:
    return [u for u in home.services.registry.uses("feedback") if u.subject == mini_model.MODEL]


def text_of(home: Any, judged: Any) -> str:
    page = home.home / judged.finished.result.report
    return str(page.with_name("feedback.txt").read_text(encoding="utf-8"))


def rows_of(home: Any, batch: str, dataset: str = "visits") -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    _, versions = home.services.registry.partitions(dataset, None)
    path = home.services.registry.open(versions[batch].objects["data"])
    return list(pq.read_table(path).to_pylist())


def test_predictions_meet_their_outcomes_and_go_on_record(home: Any) -> None:
    judged = mini_feedback.judge(home)
    assert judged.finished.result.outcome is Outcome.PASS
    truth = {row["person"]: row for row in rows_of(home, DAY)}
    said = rows_of(home, DAY, mini_feedback.DATASET)
    wrong = {
        truth[row["person"]]["__id"] for row in said
        if str(truth[row["person"]]["passed"]) != row["prediction"]
    }  # fmt: skip
    (accuracy,) = (
        m.value for m in judged.finished.verdict.measurements
        if m.name == "accuracy" and not m.column
    )  # fmt: skip
    assert accuracy == pytest.approx(1 - len(wrong) / len(said))
    page = home.home / judged.finished.result.report
    kept = json.loads(page.with_name("misclassified.json").read_text())
    assert set(kept["__id"]) == wrong
    assert not [p for p in truth if p in page.read_text(encoding="utf-8")]

    (use,) = uses(home)
    kinds = [origin.kind for origin in use.of]
    assert kinds == ["prediction_batch", "version", "version"]
    assert {o.version[0] for o in use.of[1:]} == {"visits", mini_feedback.DATASET}
    trend = home.services.catalog.verdicts.trend(
        mini_feedback.DATASET, "accuracy", gate="feedback", group=None
    )
    assert accuracy in {point.value for point in trend}


def test_the_lineage_of_a_batch_ends_in_its_feedback(home: Any) -> None:
    mini_feedback.judge(home)
    services = home.services
    graph = trace(services, find_target(services, f"visits@{DAY}").nodes, up=False)
    kinds = {node.kind for node in graph.nodes}
    assert {"prediction_batch", "feedback"} <= kinds


def test_the_same_is_found(home: Any) -> None:
    first = mini_feedback.judge(home)
    head = home.services.registry.head()
    again = mini_feedback.judge(home, run_id="another")
    assert again.spec.feedback == first.spec.feedback
    assert again.finished == first.finished
    assert home.services.registry.head() == head


def without_results(day: str, keep: int) -> str:
    """A day of which the first results alone have come."""
    lines = mini_model.learnable_visits(day).splitlines()
    column = mini_project.HEADER.index("passed")
    made = [lines[0]]
    for at, line in enumerate(lines[1:]):
        cells = line.split(",")
        cells[column] = cells[column] if at < keep else ""
        made.append(",".join(cells))
    return "\n".join(made) + "\n"


def test_late_outcomes_mend_the_figures_of_their_batch(home: Any) -> None:
    mini_feedback.write_model(home.project)
    whole = mini_feedback.judge(home)
    home.drop("visits", DAY, without_results(DAY, 100))
    home.run("visits", DAY)
    late = mini_feedback.judge(home, run_id="late")
    assert (late.finished.result.outcome, codes(late)) == (Outcome.WARN, {"labels_late"})
    (reason,) = late.finished.verdict.reasons
    assert 0.2 < reason.numbers["share_labelled"] < 0.3
    assert "estimated before the outcomes, if there is no concept change" in text_of(home, late)

    home.drop("visits", DAY, mini_model.learnable_visits(DAY))
    home.run("visits", DAY)
    mended = mini_feedback.judge(home, run_id="mended")
    assert mended.spec.feedback == whole.spec.feedback
    assert len(uses(home)) == 2


def test_without_outcomes_the_figures_are_estimated(home: Any) -> None:
    home.drop("visits", DAY, without_results(DAY, 60))
    home.run("visits", DAY)
    judged = mini_feedback.judge(home)
    assert codes(judged) == {"labels_late"}
    assert "estimated before the outcomes" in text_of(home, judged)
    mini_feedback.write_model(home.project, limits=[{"metric": "accuracy", "min": 0.95}])
    beyond = mini_feedback.judge(home, run_id="stricter")
    assert codes(beyond) == {"labels_late", "estimated_beyond_limit"}
    assert beyond.finished.result.outcome is Outcome.WARN


def results(home: Any, day: str, part: slice) -> str:
    """Outcomes of some people of a day, by the pseudonyms that the release has."""
    rows = sorted(rows_of(home, day), key=lambda row: row["person"])[part]
    return mini_project.as_csv(("person", "result"), [(r["person"], r["passed"]) for r in rows])


def test_outcomes_of_their_own_come_in_any_batch(home: Any) -> None:
    mini_feedback.write_model(
        home.project, least_labelled=0.9, slices=[],
        outcomes={"dataset": "results", "column": "result", "match": "key"},
    )  # fmt: skip
    assert codes(mini_feedback.judge(home)) == {"labels_late"}
    home.drop("results", "2024-02-01", results(home, DAY, slice(0, 200)))
    home.run("results", "2024-02-01")
    run = feedback.feedback(home.services, mini_model.MODEL, "2024-02-01", "half")
    assert [judged.spec.batch for judged in run.batches] == [DAY]
    assert codes(run.batches[0]) == {"labels_late"}
    half = results(home, DAY, slice(200, None)).splitlines()
    both = "\n".join([*half, *results(home, NEXT, slice(None)).splitlines()[1:]]) + "\n"
    home.drop("results", "2024-02-02", both)
    home.run("results", "2024-02-02")
    run = feedback.feedback(home.services, mini_model.MODEL, "2024-02-02", "whole")
    assert [judged.spec.batch for judged in run.batches] == [DAY, NEXT]
    assert {judged.finished.result.outcome for judged in run.batches} == {Outcome.PASS}


def test_each_version_of_a_batch_is_judged_beside_its_own_test(home: Any) -> None:
    mini_feedback.write_model(home.project, limits=[{"metric": "accuracy", "min": 0.6}])
    mini_model.train_model(home, "earlier", snapshot=3)
    assert [v.name for v in models.versions_of(home.services, mini_model.MODEL)] == [
        "passing@1", "passing@2",
    ]  # fmt: skip

    def change(at: int, row: dict[str, str]) -> dict[str, str]:
        if at % 2:
            row["model_version"] = "passing@2"  # and it says the contrary
            row["prediction"] = str(1 - int(row["prediction"]))
        return row

    mini_feedback.redeliver(home, DAY, change)
    judged = mini_feedback.judge(home)
    found = {
        m.group: m.value for m in judged.finished.verdict.measurements
        if m.name == "accuracy" and not m.column
    }  # fmt: skip
    assert set(found) == {None, "passing@1", "passing@2"}
    assert found["passing@1"] > 0.6 > found["passing@2"]
    assert judged.finished.result.outcome is Outcome.FAIL
    said = " ".join(judged.finished.result.messages)
    assert "accuracy of passing@2" in said
    assert "accuracy of passing@1" not in said


def wrong_at_site(home: Any) -> Any:
    """Turn the predictions about the people of one site."""
    there = {row["person"] for row in rows_of(home, DAY) if row["site"] == SITE}

    def change(_: int, row: dict[str, str]) -> dict[str, str]:
        if row["person"] in there:
            row["prediction"] = str(1 - int(row["prediction"]))
        return row

    return change


def incidents(home: Any) -> dict[str, str]:
    found = home.services.catalog.incidents.find(mini_feedback.DATASET)
    return {incident.check: incident.state for incident in found}


def test_a_planted_slice_is_found_and_its_incident_ends_when_it_is_mended(home: Any) -> None:
    whole = (home.home / "inbox" / mini_feedback.DATASET / f"{DAY}.csv").read_text()
    mini_feedback.write_model(
        home.project, limits=[{"metric": "accuracy", "min": 0.78}], against_test=None, alpha=0.2
    )
    mini_feedback.redeliver(home, DAY, wrong_at_site(home))
    judged = mini_feedback.judge(home)
    assert f"site={SITE}:" in text_of(home, judged)
    assert judged.finished.result.outcome is Outcome.FAIL
    assert incidents(home)["feedback/feedback_beyond_limit"] == "open"
    (row,) = feedback.feedback_history(home.services, mini_model.MODEL)
    assert (row.batch, row.outcome) == (DAY, "FAIL")

    home.drop(mini_feedback.DATASET, DAY, whole)
    home.run(mini_feedback.DATASET, DAY)
    mini_feedback.write_model(home.project)
    assert mini_feedback.judge(home, run_id="mended").finished.result.outcome is Outcome.PASS
    assert set(incidents(home).values()) == {"closed"}


def test_a_batch_that_the_version_has_learned_from_says_nothing(home: Any) -> None:
    models.score(home.services, mini_model.MODEL, "2024-01-03")
    home.run(mini_feedback.DATASET, "2024-01-03")
    with pytest.raises(DoesNotApply, match="has learned from every batch"):
        mini_feedback.judge(home, "2024-01-03")
    with pytest.raises(DoesNotApply, match="no prediction of passing for 2024-03-01"):
        mini_feedback.judge(home, "2024-03-01")
    assert uses(home) == []
    assert incidents(home) == {}


def test_predictions_made_elsewhere_are_judged_by_limits_alone(home: Any) -> None:
    mini_feedback.write_model(
        home.project, against_test=None,
        predictions={"dataset": "visits", "prediction": "passed"},
    )  # fmt: skip
    judged = mini_feedback.judge(home)
    assert judged.spec.dataset == "visits"
    assert judged.spec.sources.earlier is not None
    assert judged.finished.result.outcome is Outcome.PASS


def test_a_model_without_the_section_has_no_feedback(home: Any) -> None:
    mini_model.write_model(home.project)
    with pytest.raises(PolicyError, match="no section feedback"):
        mini_feedback.judge(home)


def test_a_fault_opens_an_incident_that_the_next_run_closes(home: Any) -> None:
    mini_feedback.write_model(home.project, slices=["tema"])
    with pytest.raises(Exception, match="tema"):
        mini_feedback.judge(home)
    assert incidents(home) == {"feedback_run/stage_crashed": "open"}
    mini_feedback.write_model(home.project)
    mini_feedback.judge(home)
    assert incidents(home) == {"feedback_run/stage_crashed": "closed"}
