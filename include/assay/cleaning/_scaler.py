"""The scaler as an artefact: applied to a table, written as JSON, loaded for training."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ibis
from ibis import Table

from assay.cleaning._fitted_state import FittedState
from assay.errors import InputError


def scale(table: Table, spec: Mapping[str, Any]) -> Table:
    """Scale the columns of a scaler, and leave all others as they are.

    Parameters
    ----------
    table : ibis.Table
        Rows in natural units.
    spec : mapping
        From ``FittedState.scaler``, or parsed from what ``render_scaler`` wrote.

    Raises
    ------
    InputError
        If a column of the scaler is missing.
    """
    columns = spec["columns"]
    if missing := [n for n in columns if n not in table.columns]:
        raise InputError("columns that the scaler needs are missing", got=missing)
    scaled = {}
    for name, c in columns.items():
        centre, unit = (ibis.literal(float(c[key])) for key in ("center", "scale"))
        scaled[name] = (table[name].cast("float64") - centre) / unit
    return table.mutate(**scaled)


def render_scaler(state: FittedState) -> str | None:
    """Render the scaler as JSON, the same text for the same state; None without scaling."""
    spec = state.scaler()
    return None if spec is None else json.dumps(spec, indent=1, sort_keys=True) + "\n"


def load_transformer(path: Path | str) -> Any:
    """Load a file of ``render_scaler`` as a scikit-learn transformer, for training and serving.

    Raises
    ------
    InputError
        If the file isn't a scaler.
    """
    from assay.cleaning import _sklearn

    return _sklearn.load_scaler(Path(path))
