from ._clean import clean
from ._commit import commit
from ._gates import DoesNotApply, drift, fairness
from ._ingest import ingest
from ._notify import notify
from ._pin import pin, unbegun
from ._protect import protect
from ._release import abandon, release
from ._spec import Asked, StageResult, Ticket, render_result
from ._validate import validate

__all__ = [
    "Asked",
    "DoesNotApply",
    "StageResult",
    "Ticket",
    "abandon",
    "clean",
    "commit",
    "drift",
    "fairness",
    "ingest",
    "notify",
    "pin",
    "protect",
    "release",
    "render_result",
    "unbegun",
    "validate",
]
