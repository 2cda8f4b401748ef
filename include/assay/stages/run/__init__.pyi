from ._lineage import lineage_edges
from ._notify import notify
from ._perform import DoesNotApply, Finished, perform
from ._pin import pin, unpinned_run
from ._release import abandon, release, settle
from ._result import StageResult, render_result
from ._run import Run
from ._spec import Asked, RunSpec

__all__ = [
    "Asked",
    "DoesNotApply",
    "Finished",
    "Run",
    "RunSpec",
    "StageResult",
    "abandon",
    "lineage_edges",
    "notify",
    "perform",
    "pin",
    "release",
    "render_result",
    "settle",
    "unpinned_run",
]
