from ._approval import answer_approval, ask_approval
from ._lineage import lineage_edges
from ._notify import notify
from ._perform import DoesNotApply, perform
from ._pin import pin, unpinned_run
from ._question import render_question
from ._records import keep_crash, resume
from ._release import abandon, decided, release, settle
from ._result import Finished, StageResult, render_result
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
    "answer_approval",
    "ask_approval",
    "decided",
    "keep_crash",
    "lineage_edges",
    "notify",
    "perform",
    "pin",
    "release",
    "render_question",
    "render_result",
    "resume",
    "settle",
    "unpinned_run",
]
