"""Differences between the schemas of two tables."""

from __future__ import annotations

from collections.abc import Iterator

import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis import Table

from assay.drift.attribution._cause import PipelineChange
from assay.engine import data_columns


def schema_changes(reference: Table, current: Table) -> Iterator[PipelineChange]:
    """List columns that are new, removed, or of another type: one change for each kind."""
    before, now = data_columns(reference), data_columns(current)
    parts = {
        "new columns": [name for name in now if name not in before],
        "removed columns": [name for name in before if name not in now],
        "changed types": [
            f"{name} ({reference[name].type()} → {current[name].type()})"
            for name in now
            if name in before and _base(reference[name]) != _base(current[name])
        ],
    }
    for what, names in parts.items():
        if names:
            yield PipelineChange(kind="schema", what=f"{what}: {', '.join(names)}")


def _base(column: ir.Column) -> dt.DataType:
    """The type without whether it may be null, which a file does not say."""
    return column.type().copy(nullable=True)
