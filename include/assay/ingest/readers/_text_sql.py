"""SQL for texts that several readers use."""

from __future__ import annotations

from typing import Final

SPACE: Final = r"^[\s\p{Z}]+|[\s\p{Z}]+$"
"""White space at both ends, in RE2's terms."""


def literal(text: str) -> str:
    """A text as an SQL literal.

    Examples
    --------
    >>> literal("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def trimmed(text: str) -> str:
    """SQL for a text without white space at its ends."""
    return f"regexp_replace({text}, {literal(SPACE)}, '', 'g')"


def when(text: str, pattern: str, value: str) -> str:
    """SQL for a value where the whole text has a form; null elsewhere."""
    return f"CASE WHEN regexp_full_match({text}, {literal(pattern)}) THEN {value} END"
