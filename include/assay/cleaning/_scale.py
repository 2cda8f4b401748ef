"""Scaling as an artefact: fitted on a released reference, never baked into a release."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ibis
from ibis import Table

from assay.cleaning._known import Known
from assay.cleaning._state import ColumnFit, FittedState
from assay.errors import InputError
from assay.policy.cleaning import ScaleStep
from assay.statistics.moments import measure_extremes


def fit_scale(known: Known, step: ScaleStep, refused: bool) -> dict[str, ColumnFit]:
    """Minimum and maximum, or mean and standard deviation (ddof 0), of every column.

    Where there is no spread, the scale is 1, as in scikit-learn, and the fit says so as a fault.
    ``refused`` says that there is no pinned reference, so that nothing is fitted.
    """
    if refused:
        return {name: ColumnFit(n=0, fault="scaling_refused") for name in step.columns}
    found = {}
    for name, (n, centre, spread) in _spreads(known, step).items():
        if centre is None:
            found[name] = ColumnFit(n=0, fault="no_values")
            continue
        found[name] = ColumnFit(
            n=n,
            values={"center": centre, "scale": spread or 1.0},
            fault=None if spread else "spread_zero",
        )
    return found


def _spreads(known: Known, step: ScaleStep) -> dict[str, tuple[int, float | None, float]]:
    """Count, centre and spread of every column."""
    if step.method == "normalise":
        edges = measure_extremes(known.table, step.columns)
        return {c: (n, low, (high or 0.0) - (low or 0.0)) for c, (n, low, high) in edges.items()}
    moments = known.moments(step.columns)
    return {c: (m.n, m.mean, m.deviation(0) or 0.0) for c, m in moments.items()}


def scale(table: Table, spec: Mapping[str, Any]) -> Any:
    """A table with the columns of a scaler scaled, and all others as they are.

    Parameters
    ----------
    table : ibis.Table
        Rows in natural units.
    spec : mapping
        What ``FittedState.scaler`` gives, or ``render_scaler`` wrote, parsed.

    Raises
    ------
    InputError
        If a column of the scaler is missing.
    """
    columns = spec["columns"]
    if missing := [n for n in columns if n not in table.columns]:
        raise InputError("columns that the scaler needs are missing", got=missing)
    return table.mutate(
        **{
            name: (table[name].cast("float64") - ibis.literal(float(c["center"])))
            / ibis.literal(float(c["scale"]))
            for name, c in columns.items()
        }
    )


def render_scaler(state: FittedState) -> str | None:
    """The scaler as JSON, the same text for the same state; None without scaling."""
    spec = state.scaler()
    return None if spec is None else json.dumps(spec, indent=1, sort_keys=True) + "\n"


def load_transformer(path: Path | str) -> Any:
    """A scikit-learn transformer from what ``render_scaler`` wrote, for training and serving.

    Raises
    ------
    InputError
        If the file isn't a scaler.
    """
    from assay.cleaning import _sklearn

    return _sklearn.load_scaler(Path(path))
