"""Applying steps to rows, with what was fitted for them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from assay.cleaning._fitted_state import FittedState, StepFit
from assay.cleaning._marked_table import MarkedTable
from assay.cleaning.steps import CleaningStep, steps_of
from assay.engine import Session


def apply_steps(session: Session, rows: MarkedTable, state: FittedState) -> MarkedTable:
    """Apply every step, one after the other."""
    for step, fit in zip(steps_of(state.policy), state.steps, strict=True):
        rows = apply_step(session, rows, step, fit)
    return rows


def apply_step(
    session: Session, rows: MarkedTable, step: CleaningStep[Any], fit: StepFit
) -> MarkedTable:
    """Apply one step, behind a view: Ibis would write an expression out at each of its uses."""
    done = step.apply(session, rows, fit)
    return replace(done, table=session.view(done.table))
