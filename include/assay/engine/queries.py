"""Queries that a drafted suite may hold, in the engine's SQL."""

from __future__ import annotations

from assay.engine._types import quoted


def unusual_pairs(by: str, column: str) -> str:
    """The rows of ``{batch}`` with another value of a column than most of their value of ``by``.

    Examples
    --------
    >>> unusual_pairs("city", "state").endswith("WHERE 2 * alike < together")
    True
    """
    a, b = quoted(by), quoted(column)
    return (
        f"SELECT * FROM (SELECT *, count(*) OVER (PARTITION BY {a}, {b}) AS alike, "  # noqa: S608
        f"count(*) OVER (PARTITION BY {a}) AS together FROM {{batch}} "
        f"WHERE {a} IS NOT NULL AND {b} IS NOT NULL) WHERE 2 * alike < together"
    )
