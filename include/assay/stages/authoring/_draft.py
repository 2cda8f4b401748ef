"""The first files of a data set, with drift limits that the gate can judge by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Literal

from ibis import Table

from assay.drift.calibration import measure_chance
from assay.engine import BATCH, Session
from assay.engine.text_form import TextForm
from assay.onboarding import DatasetPlan, plan_dataset
from assay.policy.drift import DriftPolicy
from assay.policy.privacy import Class
from assay.privacy.finding import find_personal_data, noun_of

_LEAST_FOUND: Final = 0.05
"""Share of a column's values that look personal, from which a person is asked."""
_LEAST_SHARE: Final = 0.5
"""Share of a batch's rows that the next one may be down to, and still be judged."""


def draft_dataset(
    session: Session,
    data: Path | str | Sequence[Path | str],
    name: str,
    *,
    form: TextForm | None = None,
    grain: Literal["day", "month", "year"] = "day",
    first: str | None = None,
    owner: str = "unassigned",
) -> DatasetPlan:
    """Draft contract, suites and policies from a sample, as ``plan_dataset`` does.

    No drift limit is below what random variation reaches in a batch of half of the rows of the
    smallest batch that is compared with the sample. Columns that look personal are proposed to be
    classified, with the evidence in counts.
    """
    return plan_dataset(
        session, data, name, chance=_chance, people=_people, form=form, grain=grain, first=first,
        owner=owner,
    )  # fmt: skip


def _people(session: Session, table: Table) -> dict[str, tuple[Class, str]]:
    """Columns whose values look personal, as the search finds them, with its evidence in counts."""
    found = find_personal_data(session, table, least_share=_LEAST_FOUND)
    return {
        one.column: (one.classification, f"{noun_of(one.kind)}, {'; '.join(one.evidence)}")
        for one in reversed(found.of_people())
    }


def _chance(session: Session, table: Table, policy: DriftPolicy) -> tuple[int, Mapping[str, float]]:
    batch = table
    if BATCH in table.columns:
        counts = table.group_by(BATCH).aggregate(n=table.count())
        smallest = session.rows(counts.order_by("n", BATCH).limit(1))[0][BATCH]
        batch = table.filter(table[BATCH] == smallest)
    measured = measure_chance(session, table, batch, policy, share=_LEAST_SHARE)
    effects = {c.column: c.effect(policy.columns[c.column].effect) for c in measured.columns}
    return measured.rows_current, {
        name: effect.null_quantile
        for name, effect in effects.items()
        if effect is not None and effect.null_quantile is not None
    }
