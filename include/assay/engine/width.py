"""How many columns make a table wide: its row groups then take much of a session's memory."""

from __future__ import annotations

from typing import Final

ROW_GROUP: Final = 122_880
"""Rows of a row group, whatever the table."""
_MOST_CELLS: Final = 10_000_000
"""Cells of a row group beyond which a table is wide: threads would hold several of them each."""


def is_wide(columns: int) -> bool:
    """Whether a table has so many columns that rows which come in order had best be written so.

    A sort of all its rows, or row groups that threads prepare side by side, take more memory than
    a session has; one thread that writes one row group after the other takes half of their
    processor time besides.
    """
    return columns * ROW_GROUP > _MOST_CELLS
