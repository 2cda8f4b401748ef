"""The records of a file, and the faults of its column names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from assay.contract import Column, Contract, FilesSource
from assay.ingest._model import Fault, UnusableError
from assay.ingest.readers._plain_file import Plain
from assay.reasons import ReasonCode
from assay.verdict import Outcome

MOST_COLUMNS: Final = 16_384
"""Columns that are read at most: as many as a spreadsheet has."""


@dataclass(frozen=True)
class Input:
    """A plain file and how to read it.

    ``spare`` is a restricted place beside which a reader may write the file again.
    """

    plain: Plain
    source: FilesSource
    contract: Contract
    spare: Path


@dataclass(frozen=True)
class Records:
    """The records of a file: SQL that gives ``__row`` and columns, and what each column is in it.

    ``columns`` maps a name of the contract to its expression in ``sql`` and the engine's type of
    it; a column that the file doesn't have, and needn't, isn't in it. ``spelled`` turns SQL for a
    number's text in the file's own notation into SQL for it with a decimal point.
    """

    sql: str
    columns: dict[str, tuple[str, str]]
    faults: tuple[Fault, ...] = ()
    nan_as_null: dict[str, int] = field(default_factory=dict)
    spelled: Callable[[str], str] = str


def check_names(contract: Contract, names: Sequence[str]) -> tuple[Fault, ...]:
    """The faults of a file's column names with which its rows can still be read.

    Raises
    ------
    UnusableError
        If there are too many names, a name occurs twice, or a column is missing.
    """
    counts = Counter(names)
    if len(names) > MOST_COLUMNS:
        message = "The header has more columns than are read."
        numbers = {"columns": len(names), "most_columns": MOST_COLUMNS}
        raise UnusableError.of(ReasonCode.TOO_LARGE, message, **numbers)
    twice = {name for name, n in counts.items() if n > 1}
    if twice:
        raise UnusableError(*_doubled(contract, twice))
    absent = [column for column in contract.columns if column.name not in counts]
    if len(absent) == len(contract.columns):
        message = "No column of the contract is there; the file may lack its header."
        numbers = {"found": len(names), "expected": len(contract.columns)}
        raise UnusableError.of(ReasonCode.SCHEMA_MISMATCH, message, **numbers)
    if absent:
        raise UnusableError(*(missing_column(column) for column in absent))
    more = len(names) - len(contract.columns)
    return (extra_columns("There are columns", columns=more),) if more else ()


def missing_column(column: Column) -> Fault:
    """The fault of a column that the input lacks."""
    return Fault(
        code=ReasonCode.SCHEMA_MISMATCH, message="The column is missing.", column=column.name
    )


def type_differs(column: Column, found: str) -> Fault:
    """The remark that a column came in a type of another family, and was read by its text."""
    return Fault(
        code=ReasonCode.TYPE_DIFFERS,
        message=f"The column came as {found}, declared is {column.type}; it was read by its text.",
        column=column.name,
        outcome=Outcome.WARN,
    )


def _doubled(contract: Contract, twice: set[str]) -> list[Fault]:
    code = ReasonCode.DUPLICATE_COLUMNS
    known = [name for name in contract.column_names if name in twice]
    faults = [Fault(code=code, message="The column is there twice.", column=n) for n in known]
    if len(known) < len(twice):
        numbers = {"names": len(twice) - len(known)}
        message = "Names that the contract doesn't know are there twice."
        faults.append(Fault(code=code, message=message, numbers=dict(numbers)))
    return faults


def extra_columns(what: str, **numbers: int) -> Fault:
    """The fault of columns that the contract doesn't have."""
    return Fault(
        code=ReasonCode.EXTRA_COLUMNS,
        message=f"{what} that the contract doesn't know; only the original has them.",
        numbers=dict(numbers),
        outcome=Outcome.WARN,
    )
