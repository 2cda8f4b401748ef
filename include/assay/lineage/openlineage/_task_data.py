"""Which data a task read and wrote: names, versions, columns and counts, and never a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Assertion:
    """One expectation about data, and whether it held.

    Parameters
    ----------
    expectation : str
        Its type, such as ``expect_column_values_to_not_be_null``.
    column : str or None
        None where it is about the table.
    """

    expectation: str
    success: bool
    column: str | None = None


@dataclass(frozen=True)
class ColumnWay:
    """One column that another is made of.

    Parameters
    ----------
    dataset, column : str
        What it comes from.
    how : str
        What is done to it, in order: ``pseudonymise``, ``impute``, an expression.
    changed : bool
        Whether anything is done to it.
    masked : bool
        Whether protection hides its values.
    """

    dataset: str
    column: str
    how: str = ""
    changed: bool = False
    masked: bool = False


@dataclass(frozen=True)
class TaskDataset:
    """A data set, a source or a model that a task read or made.

    Parameters
    ----------
    version : str, optional
        The version that was read or made.
    columns : mapping of str to str
        Column → its type.
    ways : mapping of str to tuple of ColumnWay
        Column → the columns that it is made of.
    facts : mapping
        What else names the version: batch, snapshot, state, rows.
    """

    name: str
    version: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    ways: Mapping[str, tuple[ColumnWay, ...]] = field(default_factory=dict)
    assertions: tuple[Assertion, ...] = ()
    facts: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True)
class TaskData:
    """What a task read and made, and what it judged.

    Parameters
    ----------
    judged : mapping
        Of a gate: stage, outcome, whether it holds, reason codes, counts of rows.
    """

    inputs: tuple[TaskDataset, ...] = ()
    outputs: tuple[TaskDataset, ...] = ()
    judged: Mapping[str, Any] = field(default_factory=dict)
