"""The engine's errors, translated, so that nobody outside names the engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import duckdb

_SHORT: Final = (duckdb.IOException, duckdb.OutOfMemoryException)
_NOT_OF_DATA: Final = (
    *_SHORT, duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException,
    duckdb.SyntaxException, duckdb.NotImplementedException, duckdb.InternalException,
)  # fmt: skip

_CUT: Final = "Could not read enough bytes"
"""A file is shorter than it says itself: a fault of the file, not of the disk."""


class EngineError(Exception):
    """The engine refuses a query, or can't finish it; the text may quote values of the data.

    Parameters
    ----------
    text : str
        The engine's own message.
    kind : str
        The engine's own name of the error, which holds no value.
    of_data : bool
        Whether the data are at fault, and not the query, the disk or the memory.
    short : bool
        Whether the disk or the memory is short; the same query may work the next time.
    """

    def __init__(self, text: str, kind: str, *, of_data: bool, short: bool) -> None:
        super().__init__(text)
        self.kind = kind
        self.of_data = of_data
        self.short = short


def translated(error: duckdb.Error) -> EngineError:
    """An error of DuckDB as an error of the engine."""
    cut = _CUT in str(error)
    return EngineError(
        str(error),
        type(error).__name__,
        of_data=cut or not isinstance(error, _NOT_OF_DATA),
        short=isinstance(error, _SHORT) and not cut,
    )


@contextmanager
def translating() -> Iterator[None]:
    """Raise the errors of DuckDB within the block as :class:`EngineError`."""
    try:
        yield
    except duckdb.Error as error:
        raise translated(error) from error
