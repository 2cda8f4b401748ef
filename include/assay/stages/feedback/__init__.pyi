from ._advise import Advice, advise
from ._conclude import conclude_feedback
from ._history import FeedbackSummary, feedback_history
from ._notify import notify_feedback
from ._perform import feedback, judge_run
from ._records import run_name

__all__ = [
    "Advice",
    "FeedbackSummary",
    "advise",
    "conclude_feedback",
    "feedback",
    "feedback_history",
    "judge_run",
    "notify_feedback",
    "run_name",
]
