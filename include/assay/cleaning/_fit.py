"""Fitting the steps over a reference, one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ibis import Table

from assay.cleaning._apply import apply_step
from assay.cleaning._fitted_state import FittedOn, FittedState
from assay.cleaning._marked_table import MarkedTable
from assay.cleaning._problems import check_policy
from assay.cleaning._scan_plan import Steps, with_profiles
from assay.cleaning.steps import steps_of
from assay.engine import ROW, Session, data_columns
from assay.policy.cleaning import CleaningPolicy
from assay.statistics.columns import ColumnNumbers
from assay.statistics.profile import Profile

MANY: Final = 1 << 18
"""The number of rows from which on a sample is worth its scan."""
SAMPLED: Final = 1 << 16
"""Rows of the sample, about."""


def fit(
    session: Session,
    reference: Table,
    policy: CleaningPolicy,
    roles: Mapping[str, str] | None = None,
    *,
    fitted_on: FittedOn = "reference",
) -> FittedState:
    """Fit each step on the rows of a reference as the steps before it left them.

    Parameters
    ----------
    reference : ibis.Table
        Rows to fit on, with ``__row``, before cleaning: each step is applied here too.
    roles : mapping, optional
        Column to role; the policy's own ``roles`` hold for columns that it doesn't have.
    fitted_on : {'reference', 'moving', 'batch'}
        ``moving`` means that the next batch has another reference. ``batch`` means that there is no
        reference, and the rows are those to be cleaned. In both cases scale steps are refused and
        stay without a fit.

    Returns
    -------
    FittedState
        The same bits on any number of threads and in any order of rows.

    Raises
    ------
    PolicyError
        If the policy may not do to a column what it says, names a column that isn't there, or
        needs numbers from a column of text.
    """
    check_policy(policy, roles, reference)
    steps = steps_of(policy)
    count = int(session.value(reference.count()))
    rows, sample = MarkedTable.begin(reference), _sample(session, reference, steps, count)
    profiles: Mapping[str, Profile] = {}
    fits = []
    last = max((step.index for step in steps if step.learns), default=-1)
    for step in steps:
        numbers = ColumnNumbers(rows.kept, sample and sample.kept, profiles)
        numbers = with_profiles(numbers, steps[step.index :])
        found = step.fit(rows, numbers, fitted_on)
        fits.append(found)
        if step.index < last:
            types = numbers.table.schema()
            profiles = step.profiles_after(found.columns, numbers.profiles, types)
            rows = apply_step(session, rows, step, found)
            sample = sample and apply_step(session, sample, step, found)
    return FittedState(policy=policy, fitted_on=fitted_on, rows=count, steps=tuple(fits))


def _sample(session: Session, reference: Table, steps: Steps, count: int) -> MarkedTable | None:
    """Select a few rows, always the same ones, with the columns that the steps read.

    None where the reference is small, or no step needs what a scan finds faster with a sample.
    """
    if count < MANY or not any(step.needs() for step in steps):
        return None
    read = {name for step in steps for name in step.read_columns()}
    columns = [name for name in data_columns(reference) if name in read]
    few = reference.filter(reference[ROW] % (count // SAMPLED) == 0).select(ROW, *columns)
    return MarkedTable.begin(session.set_aside(few))
