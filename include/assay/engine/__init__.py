"""The door to the engine: Ibis expressions on an embedded DuckDB, out of core.

Everything that touches rows goes through a :func:`session`. Tables between stages carry the
landing row number ``__row``; columns that begin with ``__`` are the system's and
:func:`data_columns` leaves them out.
"""

from assay.engine._read import aside, open_data, read_parquet
from assay.engine._session import session
from assay.engine._types import DTYPES, ROW, data_columns, quoted, round12
from assay.engine._write import FileDigest, export_parquet, write_parquet

__all__ = [
    "DTYPES",
    "ROW",
    "FileDigest",
    "aside",
    "data_columns",
    "export_parquet",
    "open_data",
    "quoted",
    "read_parquet",
    "round12",
    "session",
    "write_parquet",
]
