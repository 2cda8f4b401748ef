"""What landing a batch leaves behind, and what can be wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from assay.verdict import Number, Outcome

TRANSFORM: Final = 2
"""Version of the rules that turn an original into rows; a change lands every input again."""
MANIFEST: Final = "manifest.json"
ROWS: Final = "rows.parquet"
ORIGINAL: Final = "original"
NO_INPUT: Final = "The source has no input for this batch."


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Fault(_Frozen):
    """One thing that is wrong with an input; no value of the data is in it.

    Parameters
    ----------
    code : str
        Reason code, with a runbook of its own.
    message : str
        The fault in a sentence.
    column : str, optional
        A column of the contract. Names that the contract doesn't know are never shown: in a file
        without a header they are values.
    numbers : dict
        Counts and line numbers.
    """

    code: str
    message: str
    column: str | None = None
    numbers: dict[str, Number] = Field(default_factory=dict)
    outcome: Outcome = Outcome.FAIL


class OriginalFile(_Frozen):
    """One file of an original, byte for byte as it came."""

    name: str
    bytes: int
    sha256: str


class RowsFile(_Frozen):
    """The landed rows: how many, and the file's bytes and digest."""

    rows: int
    bytes: int
    sha256: str


class Manifest(_Frozen):
    """The record beside a landed batch; the same input and contract give the same bytes of it.

    Its seal shows that a run wrote it.
    """

    dataset: str
    batch: str
    input_sha256: str
    contract: str
    transform: int = TRANSFORM
    source: dict[str, Any]
    files: tuple[OriginalFile, ...]
    rows: RowsFile | None
    unparsed_rows: int = 0
    unparsed: dict[str, int] = Field(default_factory=dict)
    nan_as_null: dict[str, int] = Field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    seal: str | None = None


class Landing(_Frozen):
    """A batch as it landed.

    Read ``faults`` first: with a failing one there are no rows, only the original. ``rows_path``
    is the Parquet of the rows: the contract's columns in their types, ``__row`` (0 for the first
    record), ``__unparsed`` and ``__landed``.

    Parameters
    ----------
    folder : Path or None
        ``landing/<dataset>/<batch>/<input sha256>``; None where there was no input to keep.
    manifest : Manifest or None
        Its record; None where there was no input to keep.
    reused : bool
        Whether this very input had landed before, so that nothing was written.
    """

    dataset: str
    batch: str
    folder: Path | None
    manifest: Manifest | None
    faults: tuple[Fault, ...] = ()
    reused: bool = False

    @property
    def rows_path(self) -> Path | None:
        """The landed rows; None where the input could not be read."""
        if self.folder is None or self.manifest is None or self.manifest.rows is None:
            return None
        return self.folder / ROWS

    @property
    def rows(self) -> int | None:
        """Records landed; None where the input could not be read."""
        return self.manifest.rows.rows if self.manifest and self.manifest.rows else None

    @property
    def input_sha256(self) -> str | None:
        """SHA-256 of the original: of its bytes, or of its files' digests where it has several."""
        return self.manifest.input_sha256 if self.manifest else None


class UnusableError(Exception):
    """The input is at fault; carries the faults that the verdict will state."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(", ".join(fault.code for fault in faults))
        self.faults = faults

    @classmethod
    def of(cls, code: str, message: str, **numbers: Number) -> UnusableError:
        """The error of one fault that is no column's."""
        return cls(Fault(code=code, message=message, numbers=numbers))
