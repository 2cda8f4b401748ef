"""An explanation of a fitted model: what it holds, what it doesn't show, and how people read it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from training_sets import loans, model_file, training_table

from assay.page import PageContext
from assay.policy.model import ModelFile
from assay.reasons import ReasonCode
from assay.statistics.scores.estimate import Estimate
from assay.training import fit, predict, split_rows
from assay.training._columns import Columns
from assay.training.explain import (
    Explaining,
    ExplanationReport,
    judge_explanation,
    measure_explanation,
    render_html,
    render_json,
    render_text,
)
from assay.training.explain._dependence import Dependence, DependencePoint
from assay.training.explain._importance import Importance
from assay.training.explain._recourse import GroupRecourse, Recourse
from assay.training.explain._report import Change, ExplainedRow, Way

EXPLAIN: dict[str, Any] = {
    "importance": {"repeats": 2, "rows": 200, "partial_dependence": ["income", "town"]},
    "counterfactuals": {"rows": 6, "each": 2, "immutable": ["age"], "plausible": 0.99,
                        "directions": {"debt": "falls"}},
    "recourse": {"groups": ["sex"], "rows": 20, "least_number": 10, "share_gap": 0.5,
                 "cost_gap": 0.5},
}  # fmt: skip


@pytest.fixture(scope="module")
def about() -> Explaining:
    model = model_file(explain=EXPLAIN)
    table = training_table(model, loans(rows=150))
    split = split_rows(table, model)
    columns = Columns(
        types={"income": "number", "debt": "number", "age": "number", "town": "string"},
        levels={"town": ("Ely", "Rye", "Ware"), "sex": ("f", "m")},
        classified=frozenset({"income", "town", "repaid"}),
    )
    return Explaining(
        fit(model, table, split), table, split.test, model, columns,
        classified=columns.classified, named={"sex": ("f", "m")},
    )  # fmt: skip


def test_rows_are_named_by_number_and_changes_by_spreads(about: Explaining) -> None:
    report = measure_explanation(about)
    tested = about.table.only(about.test)
    keys = set(zip(tested.batch.tolist(), tested.id.tolist(), strict=True))
    assert len(report.rows) == 6
    assert {(row.batch, row.id) for row in report.rows} <= keys
    changes = [c for row in report.rows for way in row.ways for c in way.changes]
    assert changes
    assert {c.feature for c in changes} <= {"income", "debt", "town"}
    assert all(c.to is None and c.now is None for c in changes)
    assert all((c.spreads or 0) < 0 for c in changes if c.feature == "debt")
    assert all(row.predicted is None for row in report.rows)
    assert [d.points == () for d in report.dependence] == [False, True]
    assert {g.group for g in report.recourse[0].groups} == {"f", "m"}
    assert report == measure_explanation(about)


def test_what_is_known_of_the_test_rows_needn_t_be_predicted_again(about: Explaining) -> None:
    said = predict(about.fitted, about.table.only(about.test).features).probability
    assert measure_explanation(replace(about, said=said)) == measure_explanation(about)


def test_a_reader_of_the_data_sees_values_that_flip_the_prediction(about: Explaining) -> None:
    reader = replace(about, values=True)
    first = measure_explanation(about).rows[0]
    report = measure_explanation(reader, [(first.batch, first.id)])
    (row,) = report.rows
    assert (row.why, report.importance, report.recourse) == ("asked for", (), ())
    place = np.flatnonzero((about.table.batch == row.batch) & (about.table.id == row.id))[0]
    own = about.table.features.take([place]).to_pylist()[0]
    for way in row.ways:
        changed = own | {
            c.feature: c.to if c.feature == "town" else float(str(c.to)) for c in way.changes
        }
        said = predict(about.fitted, pd.DataFrame([own, changed])).named
        assert said[0] == row.predicted != said[1]
    assert all(c.now is not None for way in row.ways for c in way.changes)


def test_three_classes_and_a_number_are_explained_too() -> None:
    blocks = loans(rows=120)
    for day, table in blocks.items():
        third = np.array(table["income"]) > 1
        named = np.where(third, "much", np.array(table["repaid"].to_pylist(), dtype=object))
        blocks[day] = table.set_column(
            table.column_names.index("repaid"), "repaid", [named.tolist()]
        )
    model = model_file(explain=EXPLAIN)
    report = _explained(model, blocks)
    assert report.recourse[0].groups
    assert report.rows
    number = model_file(
        label={"column": "arrears", "kind": "number", "favourable": None},
        estimator={"name": "LinearRegression", "parameters": {"max_iter": None}},
        gates={"performance": {"limits": [{"metric": "mae", "max": 1}]}},
        explain={"importance": EXPLAIN["importance"]},
    )
    report = _explained(number, loans(rows=120))
    assert {one.feature for one in report.importance[:2]} == {"income", "debt"}
    assert judge_explanation(report, number).reasons[0].code == ReasonCode.NOT_APPLICABLE


def _explained(model: ModelFile, blocks: Any) -> ExplanationReport:
    table = training_table(model, blocks)
    split = split_rows(table, model)
    columns = Columns(types={"town": "string"}, levels={"town": ("Ely", "Rye", "Ware")})
    return measure_explanation(
        Explaining(fit(model, table, split), table, split.test, model, columns)
    )


def _estimate(value: float, reach: float = 0.05, n: int = 100) -> Estimate:
    return Estimate(value=value, low=value - reach, high=value + reach, n=n, how="made up")


REPORT = ExplanationReport(
    tested=2_000,
    measured=1_000,
    loss="log_loss",
    about="the loan is repaid",
    importance=(
        Importance(feature="income", increase=_estimate(0.31), repeats=(0.3, 0.32)),
        Importance(feature="debt", increase=_estimate(0.11), repeats=(0.1, 0.12)),
        Importance(feature="age", increase=_estimate(-0.01), repeats=(0.0, -0.02)),
    ),
    dependence=(
        Dependence(
            feature="debt",
            kind="number",
            points=tuple(
                DependencePoint(at=f"{at:+.2g} spreads", place=at, mean=_estimate(0.5 - at / 5))
                for at in (-1.5, -0.5, 0.25, 2.0)
            ),
        ),
        Dependence(feature="town", kind="level", points=()),
    ),
    changeable=("income", "debt", "town"),
    rows=(
        ExplainedRow(
            batch="2024-01",
            id=17,
            why="least certain",
            ways=(
                Way(changes=(Change(feature="debt", spreads=-0.4),), distance=0.02, neighbour=0.01),
                Way(
                    changes=(Change(feature="income", spreads=1.25), Change(feature="town")),
                    distance=0.3,
                    neighbour=0.02,
                ),
            ),
        ),
        ExplainedRow(batch="2024-02", id=4, why="misclassified"),
    ),
    compared=1_500,
    bound=0.08,
    recourse=(
        Recourse(
            attribute="sex",
            reference="m",
            groups=(
                GroupRecourse(
                    group="f", rows=60, share=_estimate(0.5), cost=_estimate(0.2),
                    share_gap=_estimate(-0.4), cost_gap=_estimate(0.05),
                ),
                GroupRecourse(group="m", rows=70, share=_estimate(0.9), cost=_estimate(0.15)),
            ),
            hidden=1,
        ),
    ),
)  # fmt: skip


def test_it_reads_as_people_saw_it(golden: Callable[[str, str], None]) -> None:
    model = model_file(explain={**EXPLAIN, "recourse": {**EXPLAIN["recourse"], "share_gap": 0.2}})
    verdict = judge_explanation(REPORT, model)
    assert verdict.reasons[0].code == ReasonCode.RECOURSE_UNEVEN
    verdict = verdict.model_copy(update={"policy_hash": "0" * 64})
    page = render_html(verdict, REPORT, PageContext("loans on loans@3", back="report.html"))
    golden("pages/loans-explain.html", page)
    golden("verdicts/loans-explain.txt", render_text(verdict, REPORT) + "\n")
    golden("verdicts/loans-explain.json", render_json(verdict, REPORT) + "\n")
    body = json.loads(render_json(verdict, REPORT))
    assert ExplanationReport.model_validate(body["explanation"]) == REPORT
