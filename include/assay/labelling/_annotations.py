"""Annotations: who gave which label to which task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from assay.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Slice:
    """One column that sorts the tasks, such as the language of a text.

    Parameters
    ----------
    levels : tuple
        Its values, sorted.
    of_task : array (tasks,) of int
        Level of each task; -1 where it is missing.
    """

    levels: tuple[Any, ...]
    of_task: Array


@dataclass(frozen=True)
class Annotations:
    """Labels that annotators gave, one each for a task; read it from a table.

    Parameters
    ----------
    task, annotator, label : array (n,) of int
        Of each annotation, from 0: the task, and the places in ``annotators`` and ``labels``.
    tasks : tuple
        The tasks' names, in the order of their first annotation.
    annotators : tuple of str
        Their names, sorted.
    labels : tuple
        Every label that occurs, sorted: numbers by size, text by alphabet.
    slices : mapping of str to Slice
        Column to how it sorts the tasks.
    skipped : int
        Rows without a label: the annotator gave no answer.
    """

    task: Array
    annotator: Array
    label: Array
    tasks: tuple[Any, ...]
    annotators: tuple[str, ...]
    labels: tuple[Any, ...]
    slices: Mapping[str, Slice] = field(default_factory=dict)
    skipped: int = 0

    def __len__(self) -> int:
        """Return the number of annotations."""
        return len(self.task)

    def where(self, chosen: Array) -> Annotations:
        """Keep some annotations, given as bools (n,); names and numbers stay as they are."""
        return replace(
            self, task=self.task[chosen], annotator=self.annotator[chosen],
            label=self.label[chosen],
        )  # fmt: skip

    def as_class(self, label: int) -> Annotations:
        """Ask of each annotation only whether it is this label; 1 if it is."""
        return replace(self, label=(self.label == label).astype(np.intp), labels=(False, True))


def read_annotations(
    rows: pa.Table, *, task: str, annotator: str, label: str, slices: Sequence[str] = (),
    order: Sequence[Any] = (),
) -> Annotations:  # fmt: skip
    """Read annotations from a table with one row for each.

    Parameters
    ----------
    rows : pyarrow.Table
        Names of annotators are read as text.
    task, annotator, label : str
        Its columns.
    slices : sequence of str
        Columns that sort the tasks; each has one value a task.
    order : sequence, optional
        The labels from lowest to highest, where neither size nor alphabet is their order.

    Raises
    ------
    InputError
        If a column is missing, a row names no task or no annotator, an annotator has labelled a
        task twice, a task is in two slices, or a label isn't in ``order``.

    Examples
    --------
    >>> import pyarrow as pa
    >>> rows = pa.table({"task": [7, 7, 9], "who": ["b", "a", "a"], "label": ["yes", "no", None]})
    >>> found = read_annotations(rows, task="task", annotator="who", label="label")
    >>> found.annotators, found.labels, found.task.tolist(), found.skipped
    (('a', 'b'), ('no', 'yes'), [0, 0], 1)
    """
    for name in (task, annotator, label, *slices):
        if name not in rows.column_names:
            raise InputError(
                "no such column among the annotations", got=name,
                expected=f"one of: {', '.join(rows.column_names)}",
            )  # fmt: skip
    for name in (task, annotator):
        if missing := rows[name].null_count:
            raise InputError(f"{missing} rows have no {name}", expected="one in each row")
    answered = rows.filter(rows[label].is_valid())
    of_task, tasks = _encoded(answered[task])
    of_annotator, annotators = _sorted(answered[annotator].cast("string"))
    of_label, labels = _sorted(answered[label]) if not order else _ordered(answered[label], order)
    _check_once(of_task, of_annotator, len(annotators))
    return Annotations(
        of_task, of_annotator, of_label, tasks, annotators, labels,
        {name: _slice(name, answered[name], of_task, len(tasks)) for name in slices},
        rows.num_rows - answered.num_rows,
    )  # fmt: skip


def _encoded(column: pa.ChunkedArray) -> tuple[Array, tuple[Any, ...]]:
    """Place of each value (-1 for null) among the distinct ones, in the order of appearance."""
    coded = column.combine_chunks().dictionary_encode()
    places = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.intp)
    return places, tuple(coded.dictionary.to_pylist())


def _sorted(column: pa.ChunkedArray) -> tuple[Array, tuple[Any, ...]]:
    return _ranked(*_encoded(column))


def _ranked(places: Array, values: tuple[Any, ...]) -> tuple[Array, tuple[Any, ...]]:
    by_size = sorted(range(len(values)), key=lambda i: values[i])
    rank = np.empty(len(values) + 1, dtype=np.intp)
    rank[by_size], rank[-1] = np.arange(len(values)), -1
    return rank[places], tuple(values[i] for i in by_size)


def _ordered(column: pa.ChunkedArray, order: Sequence[Any]) -> tuple[Array, tuple[Any, ...]]:
    places, values = _encoded(column)
    by_text = {str(one): i for i, one in enumerate(order)}
    if unknown := [v for v in values if str(v) not in by_text]:
        raise InputError(
            "the order of the labels doesn't name each of them", got=unknown,
            expected=f"only: {', '.join(by_text)}", do="Name every label, from lowest to highest.",
        )  # fmt: skip
    ranks = np.array([by_text[str(v)] for v in values], dtype=np.intp)
    return ranks[places], tuple(order)


def _check_once(task: Array, annotator: Array, annotators: int) -> None:
    pairs = task * max(annotators, 1) + annotator
    if twice := len(pairs) - len(np.unique(pairs)):
        raise InputError(
            f"{twice} annotations are second ones of the same task by the same annotator",
            expected="one label for each task and annotator",
            do="Keep the one that stands, usually the last.",
        )


def _slice(name: str, column: pa.ChunkedArray, task: Array, tasks: int) -> Slice:
    of_row, levels = _sorted(column)
    of_task = np.full(tasks, -1, dtype=np.intp)
    of_task[task] = of_row
    if differ := len(np.unique(task[of_task[task] != of_row])):
        raise InputError(
            f"{differ} tasks have two values of the slice {name!r}", expected="one a task",
            do="Leave the column out, or name one that belongs to the task.",
        )  # fmt: skip
    return Slice(levels, of_task)
