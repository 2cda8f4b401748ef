from ._events import SentEvents, events_place, keep_event, keep_run, namespace_of, send_events
from ._task_data import data_of_stage
from ._use_data import data_of_feedback, data_of_recall, data_of_scoring, data_of_training

__all__ = [
    "SentEvents",
    "data_of_feedback",
    "data_of_recall",
    "data_of_scoring",
    "data_of_stage",
    "data_of_training",
    "events_place",
    "keep_event",
    "keep_run",
    "namespace_of",
    "send_events",
]
