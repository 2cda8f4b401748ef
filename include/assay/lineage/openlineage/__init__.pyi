from ._allowed import without_people
from ._parts import Parts, as_parts, run_events, to_dict
from ._task_data import Assertion, ColumnWay, TaskData, TaskDataset

__all__ = [
    "Assertion",
    "ColumnWay",
    "Parts",
    "TaskData",
    "TaskDataset",
    "as_parts",
    "run_events",
    "to_dict",
    "without_people",
]
