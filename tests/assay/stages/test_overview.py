"""A run's page says why a question has no answer."""

from __future__ import annotations

from typing import Any

from assay.stages.run import Asked, pin, render_question

DAY = "2024-01-03"


def page(train: Any, dataset: str, batch: str) -> str:
    (found,) = (train.home / "reports" / dataset / batch).glob("*/report.html")
    return str(found.read_text())


def test_a_gate_that_doesnt_apply(ready: Any) -> None:
    told = page(ready, "sites", "2024")
    assert "its policy says that the gate doesn’t apply: A register." in told
    assert "held the batch before" not in told
    assert "Not judged: protect, drift, fairness, label noise." in told
    assert "because the data set has no label_noise.yaml" in told
    assert told.count("</i> NOT JUDGED") == 7  # three questions, four stages


def test_a_gate_behind_one_that_held(ready: Any, mini: Any) -> None:
    ready.drop("visits", DAY, mini.visits(DAY, faults=400))
    ready.run("visits", DAY)
    told = page(ready, "visits", DAY)
    assert "because validate raw already held the batch" in told
    assert "because the data set has no label_noise.yaml" in told
    assert "doesn’t apply" not in told


def test_a_batch_without_a_reference_is_not_said_to_pass_drift(ready: Any, mini: Any) -> None:
    first = mini.REFERENCE_DAYS[0]
    told = page(ready, "visits", first)
    assert "Not judged: drift, label noise." in told
    assert "WARN, drift not judged" in told
    batch = ready.batch("visits", first)
    assert batch["reasons"] == ["rows_quarantined", "bootstrap_batch"]
    assert (batch["verdict"], batch["not_judged"]) == ("WARN", ["drift"])
    (drift,) = (ready.home / "reports/visits" / first).glob("*/drift.html")
    assert "NOT JUDGED" in drift.read_text()
    assert "PASS" not in drift.read_text().split("</style>")[-1]


def test_a_held_batch_has_its_runbooks_and_a_forced_one_its_people(ready: Any, mini: Any) -> None:
    ready.drop("visits", DAY, mini.visits(DAY, shift=8))
    ready.run("visits", DAY)
    held = page(ready, "visits", DAY)
    assert 'id="runbook-drift_detected"' in held
    assert "How to look" in held
    assert "approved by" not in held

    ready.run("visits", DAY, force=True, reason="known <recalibration>", approved_by="second")

    forced = page(ready, "visits", DAY)
    for part in ("asked by", "tester", "known &lt;recalibration&gt;", "approved by", "second"):
        assert part in forced
    assert 'id="runbook-drift_detected"' not in forced


def test_the_question_names_batch_reasons_reports_asker_and_why(ready: Any, mini: Any) -> None:
    ready.drop("visits", DAY, mini.visits(DAY, shift=8))
    asked = Asked(by="tester", force=True, reason="see\n[this](http://evil.example) `now`")
    run = pin(ready.services, "visits", DAY, "asks", "manual", asked)
    for name in mini.chain.names():
        run = mini.perform(run, name)

    told = render_question(run, "https://airflow.example.org/assay")

    assert told.startswith(f"**visits {DAY}** is held by drift. Shall it be released all the same?")
    assert "Asked by tester, who says: see \\[this\\]\\(http://evil.example\\) \\`now\\`" in told
    assert f"Version {run.version[:12]}; rows: 500 in" in told
    assert "(https://airflow.example.org/assay/reports/visits/" in told
    assert "(https://airflow.example.org/assay/docs/runbooks/drift_detected.md)" in told
    assert "the limit is" in told
    assert "What to do: include/docs/runbooks/drift\\_detected.md" in render_question(run)
