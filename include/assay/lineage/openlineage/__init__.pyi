from ._allowed import without_people
from ._parts import Parts, as_parts, run_events, to_dict
from ._touched import Assertion, ColumnWay, Touched, TouchedData

__all__ = [
    "Assertion",
    "ColumnWay",
    "Parts",
    "Touched",
    "TouchedData",
    "as_parts",
    "run_events",
    "to_dict",
    "without_people",
]
