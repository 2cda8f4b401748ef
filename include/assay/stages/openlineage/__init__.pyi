from ._events import SentEvents, events_place, keep_event, keep_run, namespace_of, send_events
from ._touched import touched_by_scoring, touched_by_stage, touched_by_training

__all__ = [
    "SentEvents",
    "events_place",
    "keep_event",
    "keep_run",
    "namespace_of",
    "send_events",
    "touched_by_scoring",
    "touched_by_stage",
    "touched_by_training",
]
