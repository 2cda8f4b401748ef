"""A new kind of step takes one class and one policy model, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import pytest
from pydantic import Field

from assay.cleaning import FittedState, clean, fit, judge_cleaning, problems, render_text, replay
from assay.cleaning._marked_table import Change, MarkedTable
from assay.cleaning.steps import CleaningStep
from assay.cleaning.undo import Difference, undo
from assay.engine import Session
from assay.errors import InputError
from assay.policy.cleaning import CleaningPolicy
from assay.policy.cleaning_step import Step
from assay.policy.cleaning_steps import Columns, any_step


class CapStep(Step):
    """Move values above the mean of the reference down to it."""

    rank = 4
    step: Literal["cap"] = Field(description="No value above the mean.")
    columns: Columns = Field(description="Numeric columns.")


class Cap(CleaningStep[CapStep], kind="cap"):
    def fit(self, rows: MarkedTable, numbers: Any, fitted_on: str) -> Any:
        from assay.cleaning._fitted_state import ColumnFit

        moments = numbers.moments(self.spec.columns)
        fits = {n: ColumnFit(n=m.n, values={"mean": m.mean}) for n, m in moments.items()}
        return self.fitted(columns=fits)

    def apply(self, session: Session, rows: MarkedTable, fit: Any) -> MarkedTable:
        changes = []
        for name in self.spec.columns:
            mean, value = fit.columns[name].values["mean"], rows.numeric(name, self.index)
            changes.append(Change(name, (value > mean).ifelse(mean, value), "cap"))
        return rows.change(self.index, changes)


@pytest.fixture(autouse=True)
def known_to_policies() -> Iterator[None]:
    """Policies are read with the kinds that are registered when their module is imported."""
    field = CleaningPolicy.model_fields["steps"]
    before = field.annotation
    for annotation in (tuple[any_step(), ...], before):
        field.annotation = annotation
        CleaningPolicy.model_rebuild(force=True)
        FittedState.model_rebuild(force=True)
        if annotation is not before:
            yield
    del Step.kinds["cap"], CleaningStep.kinds["cap"]


def test_it_is_checked_fitted_applied_undone_replayed_and_reported(
    session: Session, table: Any, policy: Any, rows: Any
) -> None:
    p = policy(
        {"step": "cap", "columns": ["x", "y"]},
        {"step": "scale", "columns": ["x"], "method": "standardise"},
    )
    assert problems(p, columns=["x", "y"]) == []
    assert [q.got for q in problems(p, columns=["x"], dropped=["y"])] == ["y"]
    t = table({"x": [1.0, 2.0, 6.0], "y": [5.0, 5.0, 5.0]})
    state = FittedState.from_json(fit(session, t, p).to_json())
    assert state.steps[0].columns["x"].values == {"mean": 3.0}
    assert state.steps[1].columns["x"].values["center"] == 2.0
    done = clean(session, t, p, state)
    assert [r["x"] for r in rows(done.table)] == [1.0, 2.0, 3.0]
    assert done.report.steps[0].columns["x"].changed == 1
    assert "cap" in render_text(judge_cleaning(done.report, p), done.report)
    again = replay(session, t, p, state, done.change_log)
    assert rows(again) == rows(done.table)
    undone = undo(session, t, p, state, "cap", "x")
    assert Difference.between(done.table, undone.table).cells == {"x": 1}
    with pytest.raises(InputError, match="no such rule"):
        undo(session, t, p, state, "cap", "z")
