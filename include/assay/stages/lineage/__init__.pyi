from ._columns import trace_columns
from ._row import RowLineage, trace_row
from ._target import Target, find_target, find_version
from ._walk import trace

__all__ = [
    "RowLineage",
    "Target",
    "find_target",
    "find_version",
    "trace",
    "trace_columns",
    "trace_row",
]
