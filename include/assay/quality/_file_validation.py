"""What the command line calls: one file, one suite, one result."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.engine import open_session
from assay.errors import InputError, SuiteError
from assay.quality._quarantine import write_quarantine
from assay.quality._suite import load_suite
from assay.quality._validation import Engine, Validation, validate
from assay.verdict import Outcome


@dataclass(frozen=True)
class FileValidation:
    """A file's validation, and the quarantine if one was asked for."""

    validation: Validation
    quarantine: Path | None = None

    @property
    def outcome(self) -> Outcome:
        """The outcome of the suite by itself."""
        return self.validation.outcome

    @property
    def document(self) -> Mapping[str, Any]:
        """Great Expectations' validation result, redacted."""
        return self.validation.document()


def parameters_from(pairs: Iterable[str]) -> dict[str, Any]:
    """``NAME=VALUE`` texts as parameters; a value that is JSON is read as such, else it is text.

    Raises
    ------
    SuiteError
        If a text has no ``=``.

    Examples
    --------
    >>> parameters_from(["low=3", "carrier=UA", 'set=["a", "b"]'])
    {'low': 3, 'carrier': 'UA', 'set': ['a', 'b']}
    """
    found: dict[str, Any] = {}
    for pair in pairs:
        name, sign, text = pair.partition("=")
        if not sign or not name:
            raise SuiteError("isn't a parameter", where="--param", got=pair, expected="NAME=VALUE")
        try:
            found[name] = json.loads(text)
        except ValueError:
            found[name] = text
    return found


def validate_file(
    data: Path | str,
    suite: Path | str,
    *,
    engine: Engine = "compiled",
    parameters: Mapping[str, Any] | None = None,
    redact: Collection[str] = (),
    quarantine: Path | None = None,
    time: dt.datetime | None = None,
    threads: int | None = None,
    spill: Path | None = None,
) -> FileValidation:
    """Judge a file by a suite alone, as ``assay validate`` does.

    Parameters
    ----------
    data : path or URL
        CSV or Parquet.
    quarantine : Path, optional
        Folder for ``quarantine.parquet``: the rows that an unmet critical expectation of rows
        fails, with all their reasons. Needs ``time``.
    spill : Path, optional
        Folder for temporary files, as :func:`assay.engine.open_session` has it.

    Raises
    ------
    InputError
        If the data can't be read, or a column to redact isn't in them.
    SuiteError
        If the suite can't be loaded.
    """
    loaded = load_suite(suite, parameters)
    with open_session(spill, threads) as session:
        table = session.open_data(data)
        for name in redact:
            if name not in table.columns:
                raise InputError("no such column to redact", where=str(data), got=name)
        found = validate(session, table, loaded, engine=engine, redact=redact)
        written = None
        if quarantine is not None and time is not None:
            quarantine.mkdir(mode=0o700, parents=True, exist_ok=True)
            written = quarantine / "quarantine.parquet"
            batch = Path(str(data)).name
            write_quarantine(session, found, table, written, batch=batch, time=time)
        return FileValidation(found, written)
