"""Rows that could be labelled, beside the labels so far, in an order that follows from keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from assay.engine import BATCH, ID, ROW, Session, data_columns
from assay.errors import InputError, PolicyError, unknown
from assay.expression import compile_expression
from assay.stages.services import Services
from assay.statistics.keyed_order import text_draws

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

Array = np.ndarray[Any, Any]
LABEL: Final = "label"
ROUND, INCLUSION = "round", "inclusion"
"""Columns of labels that say which round asked for them, and with what probability."""
_FILTER: Final = "__where"


@dataclass(frozen=True)
class LabelledRows:
    """All rows, and the labels so far; rows stand in their keyed order.

    Parameters
    ----------
    rows : pandas.DataFrame (n, …)
        The data's columns.
    key : tuple of str
        The columns among them that name a row.
    given : array (n,) of int
        Place of the row's label in ``classes``; -1 where it has none.
    classes : tuple of str
    inclusion : array (n,) of float
        NaN where it isn't known.
    round : array (n,) of int
        0 where it isn't known.
    filters : mapping of str to array (n,) of bool
    said : list of str
        What was left out.
    """

    rows: pd.DataFrame
    key: tuple[str, ...]
    given: Array
    classes: tuple[str, ...]
    inclusion: Array
    round: Array
    filters: dict[str, Array]
    said: list[str] = field(default_factory=list)


def rows_of_file(
    session: Session, path: str, *, label: str, key: Sequence[str], filters: Sequence[str],
    seed: int,
) -> LabelledRows:  # fmt: skip
    """Read a file whose label is empty in the rows that could be labelled.

    Parameters
    ----------
    label : str
        Its column. Columns ``round`` and ``inclusion``, if there are any, are read as those of
        the labels.
    key : sequence of str
        Columns that name a row; without any, a row is named by its number, and ordered by its
        content.
    filters : sequence of str
        Expressions over the columns.

    Raises
    ------
    InputError
        If the file or a column is missing, or the key isn't unique.
    """
    table = session.open_data(path)
    names = list(data_columns(table))
    _check(names, [label, *key], Path(path).name)
    rows = session.arrow(_filtered(table, filters).order_by(ROW)).to_pandas()
    about = [name for name in (ROUND, INCLUSION) if name in names and name != label]
    data = [name for name in names if name not in {label, *about}]
    order = _keyed_order(rows, key or data, seed)
    rows = rows.iloc[order].reset_index(drop=True)
    named = tuple(key) or (ROW,)
    _unique(rows, named, Path(path).name)
    return _labelled(rows, [*dict.fromkeys((*named, *data))], named, rows[[label, *about]], label,
                     filters)  # fmt: skip


def rows_of_dataset(
    services: Services, session: Session, dataset: str, labels: pa.Table | None, *,
    filters: Sequence[str], seed: int,
) -> LabelledRows:  # fmt: skip
    """Read the released rows of a data set, and join the labels so far to them by key.

    Parameters
    ----------
    labels : pyarrow.Table, optional
        The key's columns, ``label``, and perhaps ``round`` and ``inclusion``; none without it.

    Raises
    ------
    InputError
        If the labels lack a column, or name a row twice.
    RegistryError
        If nothing is released.
    """
    from assay.stages.access import read_as_task
    from assay.versioning import PartitionRows

    contract = services.project.contract(dataset)
    snapshot, versions = services.registry.partitions(dataset, None)
    files = read_as_task(services, dataset, versions, "labelling", snapshot.number)
    found = PartitionRows(files, frozenset(contract.column_names))
    names = found.columns()
    whole = bool(contract.primary_key) and set(contract.primary_key) <= set(names)
    key = contract.primary_key if whole else (BATCH, ID)
    data = list(dict.fromkeys((*key, *names)))
    table = session.set_aside(found.table(data))
    rows = session.arrow(_filtered(table, filters)).to_pandas()
    rows = rows.iloc[_keyed_order(rows, key, seed)].reset_index(drop=True)
    _unique(rows, key, dataset)
    joined, said = _joined(rows, key, labels)
    made = _labelled(rows, data, tuple(key), joined, LABEL, filters)
    made.said.extend(said)
    return made


def _filtered(table: Any, filters: Sequence[str]) -> Any:
    """The table with one more column for each filter."""
    made = {}
    for place, text in enumerate(filters):
        condition = compile_expression(text, table)
        if not condition.type().is_boolean():
            raise PolicyError("a slice is no condition", got=text,
                              expected="a comparison, such as `age > 60`")  # fmt: skip
        made[f"{_FILTER}{place}"] = condition.fill_null(False)
    return table.mutate(**made) if made else table


def _labelled(
    rows: pd.DataFrame, data: list[str], key: tuple[str, ...], about: pd.DataFrame, label: str,
    filters: Sequence[str],
) -> LabelledRows:  # fmt: skip
    import pandas as pd

    codes = about[label].astype("category").cat
    numbers = {
        name: pd.to_numeric(about[name], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        if name in about and name != label else np.full(len(rows), np.nan)
        for name in (ROUND, INCLUSION)
    }  # fmt: skip
    given = codes.codes.to_numpy().astype(np.intp)
    inclusion = numbers[INCLUSION]
    wrong = ~((inclusion > 0) & (inclusion <= 1)) & ~np.isnan(inclusion)
    if wrong.any():
        raise InputError(f"{wrong.sum()} inclusion probabilities aren't above 0 and at most 1",
                         where=INCLUSION)  # fmt: skip
    return LabelledRows(
        rows[data], key, given, tuple(map(str, codes.categories)), inclusion,
        np.nan_to_num(numbers[ROUND]).astype(int),
        {text: rows[f"{_FILTER}{i}"].to_numpy(dtype=bool) for i, text in enumerate(filters)},
    )  # fmt: skip


def _joined(
    rows: pd.DataFrame, key: Sequence[str], labels: pa.Table | None
) -> tuple[pd.DataFrame, list[str]]:
    """The labels of the rows, in their order, and what became of labels of no row."""
    import pandas as pd

    if labels is None:
        return pd.DataFrame({LABEL: [None] * len(rows)}), []
    _check(labels.column_names, [*key, LABEL], "labels")
    names = [name for name in (LABEL, ROUND, INCLUSION) if name in labels.column_names]
    given = labels.select([*key, *names]).to_pandas().dropna(subset=[LABEL])
    given.index = pd.Index(_texts(given, key))
    given = _newest(given)
    if twice := int(given.index.duplicated().sum()):
        raise InputError(f"{twice} rows have two labels", where=", ".join(key),
                         do="Keep the one that stands: assay label aggregate.")  # fmt: skip
    own = _texts(rows, key)
    stray = int((~given.index.isin(own)).sum())
    said = [f"{stray:,} labels are of rows that aren't released"] if stray else []
    return given[names].reindex(own).reset_index(drop=True), said


def _newest(given: pd.DataFrame) -> pd.DataFrame:
    """Of a row that was asked again the newest label, with the round and chance of the first.

    A row that has two labels of one round keeps both.
    """
    if ROUND not in given:
        return given
    rounds = given.set_index(ROUND, append=True).index
    if rounds.has_duplicates:
        return given
    ordered = given.sort_values(ROUND, kind="stable")
    first = ordered[~ordered.index.duplicated(keep="first")]
    last = ordered[~ordered.index.duplicated(keep="last")]
    return first.assign(**{LABEL: last[LABEL].reindex(first.index)})


def _texts(rows: pd.DataFrame, key: Sequence[str]) -> Array:
    """One text for each row, the same whether a key is a number or the text of one."""
    parts = [rows[name].astype("string").fillna("").to_numpy(dtype=object) for name in key]
    found = parts[0]
    for part in parts[1:]:
        found = found + "\x1f" + part
    return np.asarray(found.astype(str))


def _keyed_order(rows: pd.DataFrame, key: Sequence[str], seed: int) -> Array:
    return np.argsort(text_draws(_texts(rows, key), seed, "selection"), kind="stable")


def _unique(rows: pd.DataFrame, key: Sequence[str], where: str) -> None:
    if twice := int(rows.duplicated(list(key)).sum()):
        raise InputError(
            f"{twice} rows have the key of another row", where=where, got=", ".join(key),
            expected="a key that names each row once",
        )  # fmt: skip


def _check(names: Sequence[str], wanted: Sequence[str], where: str) -> None:
    for name in wanted:
        if name not in names:
            raise InputError("no such column", where=where, **unknown(name, names))
