"""A difference of two versions as text and as JSON."""

from __future__ import annotations

from typing import Any

from assay.versioning._diff import ColumnDiff, VersionDiff
from assay.versioning._summary import ColumnSummary


def render_diff_json(diff: VersionDiff) -> dict[str, Any]:
    """The difference as plain data, with ``same`` beside it."""
    return {"same": diff.same, **diff.model_dump(mode="json")}


def render_diff_text(diff: VersionDiff) -> str:
    """The difference for a person: rows first, then a line a column that changed."""
    rows = diff.rows
    by = f"by {', '.join(rows.key)}" if rows.key else "whole rows, no key"
    lines = [
        f"rows ({by}): {rows.left} → {rows.right}",
        f"  added {rows.added}, removed {rows.removed}, changed {rows.changed}, "
        f"unchanged {rows.unchanged}",
    ]
    changed = [line for column in diff.columns if (line := _column(column))]
    same = len(diff.columns) - len(changed)
    lines += ["columns:", *changed] if changed else []
    if same:
        lines.append(f"{same} column{'s' if same > 1 else ''} without a change")
    return "\n".join(lines) + "\n"


def _column(column: ColumnDiff) -> str | None:
    if column.status == "added":
        return f"  + {column.column} ({column.right_type})"
    if column.status == "removed":
        return f"  - {column.column} ({column.left_type})"
    if column.left is None or column.right is None:
        return None
    facts = _facts(column.left, column.right)
    if column.status == "retyped":
        return _line(column, [f"{column.left_type} → {column.right_type}", *facts])
    if column.changed:
        return _line(column, [f"{column.changed} rows changed", *facts])
    return _line(column, facts) if facts else None


def _line(column: ColumnDiff, facts: list[str]) -> str:
    kind = " (classified: counts only)" if column.classified else ""
    return f"  ~ {column.column}{kind}: {'; '.join(facts)}"


def _facts(left: ColumnSummary, right: ColumnSummary) -> list[str]:
    pairs = [
        ("null share", left.null_share, right.null_share),
        ("distinct", left.distinct, right.distinct),
        ("mean", left.mean, right.mean),
        ("quantiles", left.quantiles, right.quantiles),
    ]
    return [f"{name} {_shown(a)} → {_shown(b)}" for name, a, b in pairs if a != b]


def _shown(value: float | tuple[float | None, ...] | None) -> str:
    if value is None:
        return "none"
    if isinstance(value, tuple):
        return "[" + ", ".join(_shown(v) for v in value) + "]"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
