"""The table that a model is fitted on: rows in an order of their own, labels as classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from assay.engine import BATCH, ID
from assay.errors import InputError
from assay.policy.model import ModelFile
from assay.training._label import read_label
from assay.training._rows import LABEL, select_rows

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class TrainingTable:
    """The rows of a training run: what the model sees, what it learns, and what tells rows apart.

    Rows are in the order of batch and ``__id``, whatever the order in which they were given.

    Parameters
    ----------
    features : pyarrow.Table
        The features (n rows), in the order of the model file.
    label : array (n,)
        Class codes (int64, places in ``classes``), or numbers (float64).
    classes : tuple of str
        The classes as texts, in their natural order; empty where the label is a number.
    batch : array (n,) of str
    id : array (n,) of int64
        The row's number in the released version, ``__id``.
    watched : pyarrow.Table
        Columns by which rows are compared, grouped or changed, in natural values (n rows).
    subject : array (n,) of str, or None
        Subjects that stay whole; a row without one is a subject of its own.
    unit : array (n,) of int64, or None
        Rows with the same code depend on each other; intervals take them as one.
    unlabelled : int
        Rows that were left out because they have no label.
    """

    features: pa.Table
    label: Array
    classes: tuple[str, ...]
    batch: Array
    id: Array
    watched: pa.Table
    subject: Array | None = None
    unit: Array | None = None
    unlabelled: int = 0
    scaler: Mapping[str, Any] | None = field(default=None, repr=False)

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.label)

    @property
    def group(self) -> Array | None:
        """Subjects (n,) as codes in the order of their text; None where none are declared."""
        return None if self.subject is None else np.unique(self.subject, return_inverse=True)[1]

    @property
    def batches(self) -> tuple[str, ...]:
        """The batches that have rows, in the order of their keys."""
        return tuple(np.unique(self.batch).tolist())

    def frame(self, rows: Array | None = None) -> pd.DataFrame:
        """The features as scikit-learn reads them; see :func:`frame_of`."""
        import pyarrow as pa

        taken = self.features if rows is None else self.features.filter(pa.array(rows))
        return frame_of(taken)

    def only(self, rows: Array) -> TrainingTable:
        """The same table with the rows of a mask alone."""
        import pyarrow as pa

        mask = pa.array(rows)
        return TrainingTable(
            self.features.filter(mask), self.label[rows], self.classes, self.batch[rows],
            self.id[rows], self.watched.filter(mask),
            None if self.subject is None else self.subject[rows],
            None if self.unit is None else self.unit[rows],
            self.unlabelled, self.scaler,
        )  # fmt: skip

    def with_made(self, features: pa.Table, label: Array) -> TrainingTable:
        """The same table with made rows at its end, which belong to no batch and no subject.

        Parameters
        ----------
        features : pyarrow.Table
            m rows, with the columns and types of this table's.
        label : array (m,)
        """
        import pyarrow as pa

        number = len(label)
        missing = {c.name: pa.nulls(number, c.type) for c in self.watched.schema}
        new = np.arange(number)
        return replace(
            self,
            features=pa.concat_tables([self.features, features]),
            label=np.concatenate([self.label, label]),
            batch=np.concatenate([self.batch, np.full(number, "")]),
            id=np.concatenate([self.id, -1 - new]),
            watched=pa.concat_tables([self.watched, pa.table(missing, schema=self.watched.schema)]),
            subject=None if self.subject is None
            else np.concatenate([self.subject, [f"\x1f\x1f{place}" for place in new]]),
            unit=None if self.unit is None
            else np.concatenate([self.unit, self.unit.max(initial=-1) + 1 + new]),
        )  # fmt: skip


def build_table(
    blocks: Mapping[str, pa.Table],
    joined: Mapping[str, pa.Table],
    model: ModelFile,
    *,
    scaler: Mapping[str, Any] | None = None,
) -> TrainingTable:
    """Build the table that a model is fitted on.

    Parameters
    ----------
    blocks : mapping of str to pyarrow.Table
        Batch → its released rows, with ``__id``. Columns that the model doesn't name may be
        missing.
    joined : mapping of str to pyarrow.Table
        Data set that the model joins → its released rows.
    scaler : mapping, optional
        The released scaler, as JSON, where a step of preprocessing names it.

    Raises
    ------
    InputError
        If a batch has no row numbers, a column is missing or has a type that no model sees, the key
        of a joined data set isn't unique, or no row is left.
    PolicyError
        If an expression can't be compiled.
    """
    found = select_rows(blocks, joined, model)
    label, classes = read_label(found.column(LABEL), model)
    there = ~np.isnan(label) if not classes else label >= 0
    unlabelled = int(len(there) - there.sum())
    if unlabelled:
        import pyarrow as pa

        found, label = found.filter(pa.array(there)), label[there]
    if not len(label):
        do = "See data.batches, data.where and the label in the model file."
        raise InputError("no row is left to train on", where=model.data.dataset, do=do)
    texts = {name: _subjects(found, name) for name in _grouping(model)}
    subject, unit = model.split.group, model.gates.performance.groups or model.split.group
    return TrainingTable(
        found.select(list(model.features)), label, classes,
        _texts(found.column(BATCH)).astype(str),
        np.asarray(found.column(ID).to_numpy(), dtype=np.int64),
        found.select(list(model.watched)),
        texts[subject] if subject else None,
        np.unique(texts[unit], return_inverse=True)[1] if unit else None, unlabelled, scaler,
    )  # fmt: skip


def _grouping(model: ModelFile) -> list[str]:
    return [n for n in (model.split.group, model.gates.performance.groups) if n]


def _subjects(table: pa.Table, name: str) -> Array:
    """A column as text; a row that has none is named by its own key."""
    texts = table.column(name).cast("string").to_pylist()
    keys = zip(table.column(BATCH).to_pylist(), table.column(ID).to_pylist(), strict=True)
    own = (f"\x1f{batch}\x1f{row}" for batch, row in keys)
    return np.array([o if t is None else t for t, o in zip(texts, own, strict=True)], dtype=str)


def frame_of(table: pa.Table, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Make a frame of scikit-learn's from an Arrow table: numbers as float64, text as objects.

    Raises
    ------
    InputError
        If a column is neither a number, nor a truth value, nor text.
    """
    import pandas as pd

    names = table.column_names if columns is None else list(columns)
    return pd.DataFrame({name: _values(name, table.column(name)) for name in names}, copy=False)


def _texts(column: Any) -> Array:
    """A column of texts as an array (n,) of objects, each text once; None where there is none."""
    found = column.combine_chunks().dictionary_encode()
    levels = np.array([*found.dictionary.to_pylist(), None], dtype=object)
    places = found.indices.fill_null(len(levels) - 1).to_numpy(zero_copy_only=False)
    return np.asarray(levels[places])


def _values(name: str, column: Any) -> Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    kind = column.type
    if pa.types.is_boolean(kind):
        column = column.cast("int8")
    elif pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _texts(column)
    elif not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
        raise InputError(
            "a feature has a type that no model sees", where=name, got=str(kind),
            expected="a number, a truth value or text",
            do="Derive a number from it in the cleaning policy, such as hour(…) or weekday(…).",
        )  # fmt: skip
    return np.asarray(pc.cast(column, "float64").to_numpy(), dtype=np.float64)
