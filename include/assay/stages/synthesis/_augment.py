"""More rows of the rare classes of a file, for training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from assay.engine import ROW, FileDigest, Session, data_columns
from assay.errors import InputError, unknown
from assay.synthesis import code_table, decode_table, describe_columns
from assay.synthesis.augment import Augmentation, augment_rows, balanced
from assay.synthetic import SYNTHETIC

_LEVELS = 1_000


def augment_file(
    session: Session, path: str, out: Path, *, label: str, how: Augmentation,
    rows: int | None = None, without: tuple[str, ...] = (), seed: int = 1,
) -> tuple[FileDigest, dict[str, int]]:  # fmt: skip
    """Make rows of a file's classes, and write them alone, each marked as synthetic.

    Parameters
    ----------
    label : str
        Column of the class.
    rows : int, optional
        Rows to make of each class; by default as many as give each class as many as the largest.
    without : tuple of str
        Columns that made rows don't have, such as keys.

    Returns
    -------
    FileDigest
    dict of str to int
        Level of the class to rows that were made of it.

    Raises
    ------
    InputError
        If the file or a column is missing, or a class has fewer than two rows.
    """
    table = session.open_data(path)
    names = data_columns(table)
    for name in (label, *without):
        if name not in names:
            raise InputError("no such column", where=Path(path).name, **unknown(name, names))
    kept = [n for n in names if n not in {SYNTHETIC, *without}]
    real = session.arrow(table.filter(table[label].notnull()).order_by(ROW).select(kept))
    columns = describe_columns(real, kept, closed={label}, least_number=1, most_levels=_LEVELS)
    coded = code_table(real, columns)
    levels = next(c.levels or () for c in columns if c.name == label)
    wanted = balanced(coded, label) if rows is None else dict.fromkeys(range(len(levels)), rows)
    made = decode_table(augment_rows(coded, label, wanted, how, seed=seed))
    written = _write(session, made, out)
    return written, {str(levels[place]): number for place, number in wanted.items()}


def _write(session: Session, made: Any, out: Path) -> FileDigest:
    marked = made.append_column(SYNTHETIC, [np.ones(made.num_rows, dtype=bool)])
    numbered = marked.append_column(ROW, [np.arange(made.num_rows)])
    return session.write_parquet(session.set_aside(numbered), out, order_by=[ROW], without=[ROW])
