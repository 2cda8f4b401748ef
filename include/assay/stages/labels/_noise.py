"""Labels of a file that are probably wrong."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from assay.engine import ROW, FileDigest, Session, data_columns
from assay.errors import InputError, did_you_mean
from assay.labelling.noise import (
    LabelNoise,
    feature_table,
    find_suspects,
    out_of_fold_probabilities,
)


def find_label_noise(
    session: Session, path: str, *, label: str, by: Sequence[str], without: Sequence[str],
    folds: int, alpha: float, seed: int,
) -> tuple[LabelNoise, Any, list[str]]:  # fmt: skip
    """Find labels of a file that don't fit the other columns.

    Parameters
    ----------
    label : str
        Column of the label; rows without one take no part.
    by : sequence of str
        Columns of whose levels the share of suspects is given, each level for itself.
    without : sequence of str
        Columns that the model doesn't learn from, such as keys.

    Returns
    -------
    LabelNoise
    pyarrow.Table
        ``row``, ``label``, ``proposed``, ``margin`` of each suspect, the least fitting first.
    list of str
        Columns that the model can't take.

    Raises
    ------
    InputError
        If the file or a column is missing, or a label is too rare.
    """
    table = session.open_data(path)
    names = list(data_columns(table))
    for name in (label, *by, *without):
        if name not in names:
            raise InputError(
                "no such column", where=Path(path).name, got=name,
                expected=f"one of: {', '.join(names)}", do=did_you_mean(name, names),
            )  # fmt: skip
    rows = session.arrow(table.filter(table[label].notnull()).order_by(ROW)).to_pandas()
    codes = rows[label].astype("category").cat
    given, classes = codes.codes.to_numpy().astype(np.intp), list(codes.categories)
    features, left_out = feature_table(rows[[n for n in names if n not in {label, *without}]])
    chance = out_of_fold_probabilities(features, given, folds=folds, seed=seed)
    groups = {
        f"{name} = {level}": (rows[name] == level).to_numpy(dtype=bool, na_value=False)
        for name in by
        for level in sorted(rows[name].dropna().unique())
    }
    found = find_suspects(given, chance, classes=classes, alpha=alpha, groups=groups)
    return found, _suspects(found, rows[ROW].to_numpy(), given, classes), left_out


def _suspects(found: LabelNoise, row: Any, given: Any, classes: list[Any]) -> Any:
    import pyarrow as pa

    place = np.flatnonzero(found.suspect)
    place = place[np.argsort(-found.margin[place], kind="stable")]
    return pa.table({
        "row": pa.array(row[place]),
        "label": pa.array([classes[i] for i in given[place]]),
        "proposed": pa.array([classes[i] for i in found.proposed[place]]),
        "margin": pa.array(np.round(found.margin[place], 12)),
    })  # fmt: skip


def write_suspects(session: Session, suspects: Any, path: Path) -> FileDigest:
    """Write the suspects as Parquet, in the order of their rows."""
    return session.write_parquet(session.set_aside(suspects), path, order_by=["row"])
