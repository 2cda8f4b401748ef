"""Files that a person names, beyond one that is opened as it is: several at once, their form."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ibis import Table

from assay.engine import _reader
from assay.engine._session import Session
from assay.engine.text_form import TextForm


def fetched(session: Session, source: Path | str) -> Path:
    """A local file of the same name; a URL is fetched whole into the session's own folder.

    Raises
    ------
    InputError
        If it can't be fetched.
    """
    return _reader.local(source, session.aside)


def read_form(session: Session, path: Path | str, given: TextForm | None = None) -> TextForm:
    """How a text file is written: what is given, and the rest as the file shows it.

    Raises
    ------
    InputError
        If it can't be read, or its text is of no encoding that is known.
    """
    return _reader.text_form(session.backend, path, given or TextForm(), session.aside)


def open_batches(
    session: Session, sources: Sequence[Path | str], form: TextForm | None = None
) -> Table:
    """Files of one data set as one table, each row with the number of its file as ``__batch``.

    Columns are matched by name, and a type is one that all values of all files have. A column that
    a file lacks is null there.

    Raises
    ------
    InputError
        If a file can't be read, or some are CSV and others Parquet.
    """
    return _reader.open_batches(session.backend, sources, session.aside, form or TextForm())
