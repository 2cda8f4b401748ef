"""The engine: Ibis expressions on an embedded DuckDB, out of core.

Everything that touches rows goes through a :class:`Session` (:func:`open_session`). What differs
between engines stands in this package and nowhere else: SQL text, settings, errors, temporary
tables, row numbers of files. Tables between stages carry the landing row number ``__row``, and the
objects of a version ``__id``, a row number of their own (:meth:`Session.shuffled`); columns that
begin with ``__`` are the system's, and :func:`data_columns` leaves them out.
"""

from assay.engine._errors import EngineError
from assay.engine._session import Session, engine_version, open_session
from assay.engine._types import BATCH, DTYPES, ID, ROW, data_columns, quoted, round12
from assay.engine._writer import FileDigest

__all__ = [
    "BATCH",
    "DTYPES",
    "ID",
    "ROW",
    "EngineError",
    "FileDigest",
    "Session",
    "data_columns",
    "engine_version",
    "open_session",
    "quoted",
    "round12",
]
