"""The made rows that a model is fitted on beside real ones, made of its training rows alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from assay.errors import InputError, problems_error
from assay.policy.model import ModelFile, SyntheticRows

if TYPE_CHECKING:
    import pyarrow as pa

    from assay.synthesis import CodedTable
    from assay.training import TrainingTable

_LABEL: Final = "__label"
_LEVELS: Final = 1_000


def enlarging(file: ModelFile) -> Callable[[TrainingTable], TrainingTable] | None:
    """What adds the made rows that a model file asks for; None where it asks for none."""
    if file.synthetic is None:
        return None
    return partial(_enlarge, file.synthetic)


def learned_rows(file: ModelFile, real: TrainingTable) -> TrainingTable:
    """The rows that a model is fitted on: real training rows, and what the file adds to them."""
    enlarge = enlarging(file)
    return real if enlarge is None else enlarge(real)


def made_number(asked: SyntheticRows, real: int) -> int:
    """How many rows are made beside real ones, so that they have the share that is asked for.

    Examples
    --------
    >>> asked = SyntheticRows(method="smote", share=0.2, rationale="Fraud is rare.")
    >>> made_number(asked, 800)
    200
    """
    return round(real * asked.share / (1 - asked.share))


def _enlarge(asked: SyntheticRows, real: TrainingTable) -> TrainingTable:
    """Training rows with the made ones at their end.

    Raises
    ------
    InputError
        If a feature has a type or a number of levels from which no row can be made, or a class that
        needs rows has fewer than two.
    """
    import pyarrow as pa

    from assay.synthesis import code_table, decode_table, describe_columns

    plain = pa.table({n: _plain(real.features.column(n)) for n in real.features.column_names})
    rows = plain.append_column(_LABEL, pa.array(real.label))
    closed = {_LABEL} if real.classes else set()
    try:
        columns = describe_columns(
            rows, rows.column_names, closed=closed, least_number=1, most_levels=_LEVELS
        )
    except InputError as error:
        do = "Leave the feature out, or `synthetic`."
        raise problems_error(InputError, [replace(p, do=do) for p in error.problems]) from error
    made = decode_table(_made(asked, code_table(rows, columns), made_number(asked, real.rows)))
    label = np.asarray(made.column(_LABEL).to_numpy(), dtype=real.label.dtype)
    return real.with_made(made.drop_columns([_LABEL]).cast(real.features.schema), label)


def _plain(column: pa.ChunkedArray) -> Any:
    """A column with its values themselves, decimals as numbers."""
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        return column.cast(column.type.value_type)
    return column.cast(pa.float64()) if pa.types.is_decimal(column.type) else column


def _made(asked: SyntheticRows, rows: CodedTable, number: int) -> CodedTable:
    from assay.synthesis import fit_copula
    from assay.synthesis.augment import Augmentation, augment_rows

    if asked.method == "copula":
        return fit_copula(rows).draw(number, np.random.default_rng(asked.seed))
    counts = np.bincount(rows.values[_LABEL])
    wanted = {place: n for place, n in enumerate(levelled(counts, number).tolist()) if n}
    return augment_rows(rows, _LABEL, wanted, Augmentation(asked.method), seed=asked.seed)


def levelled(counts: np.ndarray[Any, Any], number: int) -> np.ndarray[Any, Any]:
    """How many rows each class gets, so that the smallest classes become as large as they can.

    Parameters
    ----------
    counts : array (k,) of int
        Rows of each class; a class without any gets none.
    number : int
        Rows to share out.

    Returns
    -------
    array (k,) of int

    Examples
    --------
    >>> levelled(np.array([10, 4, 1, 0]), 6).tolist()
    [0, 1, 5, 0]
    >>> levelled(np.array([3, 3]), 5).tolist()
    [3, 2]
    """
    order = np.flatnonzero(counts)[np.argsort(counts[counts > 0], kind="stable")]
    rising = counts[order]
    filled = 1  # the smallest classes up to here become equally large
    while filled < len(rising) and rising[filled] * filled - rising[:filled].sum() <= number:
        filled += 1
    level, over = divmod(int(rising[:filled].sum()) + number, filled)
    target = level + (np.arange(filled) < over)
    found = np.zeros(len(counts), dtype=np.int64)
    found[order[:filled]] = target - rising[:filled]
    return found
