from ._columns import trace_columns
from ._recall import RecallPlan, apply_recall, lift_recall, plan_recall
from ._row import RowLineage, trace_rows
from ._target import Target, find_target, find_version
from ._walk import trace

__all__ = [
    "RecallPlan",
    "RowLineage",
    "Target",
    "apply_recall",
    "find_target",
    "find_version",
    "lift_recall",
    "plan_recall",
    "trace",
    "trace_columns",
    "trace_rows",
]
