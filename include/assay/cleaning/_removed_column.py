"""The problem of a column that the privacy policy removes before cleaning."""

from __future__ import annotations

from collections.abc import Collection

from assay.errors import Problem


def removed_column(name: str, where: str, left: Collection[str] | None) -> Problem:
    """Describe a column that a cleaning policy names and that isn't there any more."""
    counted = "; the fairness gate counts its groups" if where.startswith("groups") else ""
    return Problem(
        "the privacy policy drops this column before cleaning",
        where=where,
        got=name,
        expected=None if left is None else "one of: " + ", ".join(sorted(left)),
        do=f"Leave it out here{counted}, or treat it otherwise in privacy.yaml.",
    )
