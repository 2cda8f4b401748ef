"""Delimited text by the ending of its name: which files it is of, and what its delimiter is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Final

TEXT: Final[Mapping[str, str | None]] = {".csv": None, ".tsv": "\t", ".tab": "\t", ".psv": "|"}
"""Endings of delimited text; None where the ending leaves open what the delimiter is."""


def text_ending(name: str) -> str | None:
    """The ending of delimited text in the name of a file or a URL; None if it is something else.

    Examples
    --------
    >>> text_ending("inbox/a/2024-01-01.TSV.gz"), text_ending("https://h/a.csv?x=1.tab")
    ('.tsv', '.csv')
    >>> text_ending("a.parquet") is None
    True
    """
    endings = PurePosixPath(name.partition("?")[0]).suffixes
    return next((e for e in map(str.lower, endings) if e in TEXT), None)


def delimiter_of(name: str) -> str | None:
    r"""The delimiter that the ending of a name states; None where it states none.

    Examples
    --------
    >>> delimiter_of("a.tsv.gz"), delimiter_of("a.csv")
    ('\t', None)
    """
    return TEXT.get(text_ending(name) or "")
