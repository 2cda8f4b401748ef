"""The first files of a data set, with drift limits that the gate can judge by."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from ibis import Table

from assay.drift.calibration import measure_chance
from assay.engine import Session
from assay.onboarding import DatasetPlan, plan_dataset
from assay.policy.drift import DriftPolicy


def draft_dataset(
    session: Session,
    data: Path | str,
    name: str,
    *,
    grain: Literal["day", "month", "year"] = "day",
    first: str | None = None,
    owner: str = "unassigned",
) -> DatasetPlan:
    """Draft contract, suites and policies from a sample, as ``plan_dataset`` does.

    No drift limit is below what random variation reaches in a batch of four fifths of the sample's
    rows that is compared with the sample.
    """
    return plan_dataset(session, data, name, chance=_chance, grain=grain, first=first, owner=owner)


def _chance(session: Session, table: Table, policy: DriftPolicy) -> tuple[int, Mapping[str, float]]:
    measured = measure_chance(session, table, table, policy)
    effects = {c.column: c.effect(policy.columns[c.column].effect) for c in measured.columns}
    return measured.rows_current, {
        name: effect.null_quantile
        for name, effect in effects.items()
        if effect is not None and effect.null_quantile is not None
    }
