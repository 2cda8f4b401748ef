"""What of two tables' schemas differs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from assay.drift.attribution._cause import PipelineChange
from assay.engine import data_columns


def schema_changes(reference: Any, current: Any) -> Iterator[PipelineChange]:
    """Columns that came, went, or have another type, one change each kind."""
    before, now = data_columns(reference), data_columns(current)
    parts = {
        "new columns": [name for name in now if name not in before],
        "columns gone": [name for name in before if name not in now],
        "other types": [
            f"{name} ({reference[name].type()} → {current[name].type()})"
            for name in now
            if name in before and _base(reference[name]) != _base(current[name])
        ],
    }
    for what, names in parts.items():
        if names:
            yield PipelineChange(kind="schema", what=f"{what}: {', '.join(names)}")


def _base(column: Any) -> Any:
    """The type without whether it may be null, which a file doesn't tell."""
    return column.type().copy(nullable=True)
