"""The stage `explain` of a training run: what it keeps, what it never keeps, and what it holds."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from assay.errors import InputError
from assay.stages import models
from assay.stages.models import chain
from assay.stages.models._explain import read_explanation
from assay.stages.models._objects import load_record
from assay.stages.models._reproduce import _explanation
from assay.stages.models._rows import read_rows
from assay.training.explain import ExplanationReport

EXPLAIN: dict[str, Any] = {
    "importance": {"repeats": 2, "rows": 200, "partial_dependence": ["score"]},
    "counterfactuals": {"rows": 5, "each": 2, "actionable": ["score"], "plausible": 0.99},
    "recourse": {"groups": ["team"], "rows": 30, "least_number": 10, "share_gap": 0.9,
                 "cost_gap": 0.9},
}  # fmt: skip
SCORE = "{name: score, logicalType: number}"


def explained(home: Any, model: Any, **recourse: Any) -> Any:
    """A training run whose score is classified, up to the promotion."""
    contract = home.project / "include" / "contracts" / "visits.odcs.yaml"
    text = contract.read_text()
    marked = "{name: score, logicalType: number, classification: sensitive}"
    contract.write_text(text.replace(SCORE, marked))
    section = {**EXPLAIN, "recourse": {**EXPLAIN["recourse"], **recourse}}
    model.write_model(home.project, explain=section)
    return model.train_model(home)


def test_an_explanation_is_reproduced_and_a_difference_is_named(home: Any, model: Any) -> None:
    explained(home, model)
    found = models.reproduce(home.services, model.MODEL)
    same = {one.what: one.same for one in found.comparisons}
    assert found.same
    assert same["explanation"] is True
    assert same["importance[feature=score]"] is True
    assert same["recourse_share[team=a]"] is True

    record = load_record(home.services, models.find_version(home.services, model.MODEL))
    report = ExplanationReport(tested=3)
    other = record.model_copy(update={"artefacts": {"explanation": "0" * 64}})
    assert [one.same for one in _explanation(other, report)] == [False]
    without = record.model_copy(update={"artefacts": {}})
    assert [one.same for one in _explanation(without, report)] == [None]


def test_a_run_keeps_row_numbers_and_spreads_and_no_classified_value(home: Any, model: Any) -> None:
    run = explained(home, model)

    assert run.done["explain"].word in {"PASS", "WARN"}
    assert run.done[chain.PROMOTE].state == "champion"
    report = read_explanation(run)
    assert report is not None
    assert (len(report.rows), report.changeable) == (5, ("score",))
    assert any(row.ways for row in report.rows)
    record = load_record(home.services, models.find_version(home.services, model.MODEL))
    assert record.metrics["importance[feature=score]"].value == report.importance[0].increase.value
    assert {"recourse_share[team=a]", "recourse_cost[team=b]"} <= set(record.metrics)
    overview = run.workspace.overview.path.read_text()
    assert "Importance" in overview
    assert 'href="explain.html"' in overview

    table = read_rows(run.workspace.rows.path)
    kept = [run.workspace.folder(zone) for zone in ("work", "reports")]
    texts = [p.read_text() for f in kept for p in f.rglob("*") if p.suffix in {".json", ".html"}]
    assert len(texts) > 8
    known = {v for v in table.features.column("score").to_pylist() if v is not None}
    marked = {f"{v:.6g}" for v in known if len(f"{v:.6g}") > 4}
    assert len(marked) > 50
    # Where something is drawn, in percent of its cell, is no value.
    plain = [re.sub(r'="[\d.]+%"', "", text) for text in texts]
    words = {word for text in plain for word in re.findall(r"(?<![\d.])\d+\.\d+", text)}
    shown = {c.to for row in report.rows for way in row.ways for c in way.changes}
    assert (words & marked, shown) == (set(), {None})


def test_a_reader_asks_for_a_row_and_sees_its_values(home: Any, model: Any) -> None:
    run = explained(home, model)
    report = read_explanation(run)
    assert report is not None
    row = next(row for row in report.rows if row.ways)
    before = {p: p.read_bytes() for p in _files(home)}

    found = models.explain_version(home.services, "passing", (row.batch, row.id))

    (asked,) = found.report.rows
    changes = [c for way in asked.ways for c in way.changes]
    assert all(c.now and c.to for c in changes)
    assert asked.ways[0].distance == row.ways[0].distance
    assert {p: p.read_bytes() for p in _files(home)} == before
    whole = models.explain_version(home.services, "passing@1")
    assert whole.report.importance == report.importance
    with pytest.raises(InputError, match="no such row"):
        models.explain_version(home.services, "passing", ("2024-01-01", 10**9))


def _files(home: Any) -> list[Path]:
    folders = (home.home / name for name in ("work", "reports"))
    return [p for folder in folders for p in folder.rglob("*") if p.is_file()]


def test_a_lost_report_is_made_again_and_is_the_same(home: Any, model: Any) -> None:
    model.write_model(home.project, explain=EXPLAIN)
    run = models.pin_training(home.services, model.MODEL, "lost", "manual")
    for name in chain.names():
        run = models.perform_training(run, name)
    first = run.workspace.explanation.path.read_bytes()
    wrote = run.results["explain"].wrote
    run.workspace.explanation.path.write_text("{}")
    run = models.perform_training(run, "explain")
    assert run.workspace.explanation.path.read_bytes() == first
    assert run.results["explain"].wrote == wrote
    assert models.promote(run).state == "champion"


def test_a_finding_may_hold_the_version_where_the_file_says_so(home: Any, model: Any) -> None:
    run = explained(home, model, finding="fail", share_gap=1e-6, cost_gap=1e-6)
    assert run.done["explain"].reasons[0] in {"recourse_uneven", "recourse_undecided"}
    assert run.done[chain.PROMOTE].state == "held"
    (incident,) = home.services.catalog.incidents.find("visits", state="open")
    assert incident.check.startswith("model_explain/")


def test_without_the_section_nothing_is_explained(home: Any, model: Any) -> None:
    run = model.train_model(home)
    assert run.done["explain"].word == "NOT JUDGED"
    assert read_explanation(run) is None
    with pytest.raises(InputError, match="asks for no explanation"):
        models.explain_version(home.services, "passing@1")
