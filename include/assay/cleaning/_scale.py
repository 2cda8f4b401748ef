"""Scaling as an artefact: fitted on a released reference, never baked into a release."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import ibis

from assay.cleaning._numbers import measure_moments
from assay.cleaning._state import ColumnFit, FittedState
from assay.engine import ROW
from assay.policy.cleaning import CleaningPolicy, ScaleStep


def fit_scale(table: Any, step: ScaleStep, refused: bool) -> dict[str, ColumnFit]:
    """Minimum and maximum, or mean and standard deviation (ddof 0), of every column.

    Where there is no spread, the scale is 1, as in scikit-learn, and the fit says so as a fault.
    ``refused`` says that there is no released reference, so that nothing is fitted.
    """
    if refused:
        return {name: ColumnFit(n=0, fault="scaling_refused") for name in step.columns}
    found = {}
    for name, m in measure_moments(table, step.columns).items():
        if m.n == 0 or m.least is None or m.most is None or m.mean is None:
            found[name] = ColumnFit(n=0, fault="no_values")
            continue
        spread = m.most - m.least if step.method == "normalise" else float(m.deviation(0) or 0.0)
        centre = m.least if step.method == "normalise" else m.mean
        found[name] = ColumnFit(
            n=m.n,
            values={"center": centre, "scale": spread or 1.0},
            fault=None if spread else "spread_zero",
        )
    return found


def scaled_table(
    table: Any, policy: CleaningPolicy, state: FittedState, output: str = "derived"
) -> Any | None:
    """The scaled columns of the steps that ask for a derived file, by ``__row``; None without."""
    columns = {}
    for fit in state.steps:
        step = policy.steps[fit.index]
        if not isinstance(step, ScaleStep) or step.output != output:
            continue
        for name, found in fit.columns.items():
            if "scale" in found.values:
                centre = float(found.values["center"] or 0)
                scale = float(found.values["scale"] or 1)
                value = table[name].cast("float64")
                columns[name] = (value - ibis.literal(centre)) / ibis.literal(scale)
    return table.select(ROW, **columns) if columns else None


def scaler_spec(policy: CleaningPolicy, state: FittedState) -> dict[str, Any] | None:
    """What ``load_transformer`` reads: method, centre and scale by column; None without scaling.

    A value x becomes (x − center) / scale.
    """
    columns: dict[str, dict[str, Any]] = {}
    for fit in state.steps:
        step = policy.steps[fit.index]
        if isinstance(step, ScaleStep):
            columns |= {
                name: {"method": step.method, "n": f.n, **f.values}
                for name, f in fit.columns.items()
                if "scale" in f.values
            }
    if not columns:
        return None
    return {"format": "assay.scaler/1", "policy_hash": state.policy_hash, "columns": columns}


def render_scaler(policy: CleaningPolicy, state: FittedState) -> str | None:
    """The scaler as JSON, the same text for the same state; None without scaling."""
    spec = scaler_spec(policy, state)
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
