from ._advise import Advice, advise
from ._conclude import conclude_feedback
from ._history import FeedbackSummary, feedback_history
from ._notify import notify_feedback
from ._perform import feedback, judge_run
from ._records import judged_batches, run_name
from ._requests import KeptAdvice, kept_advice

__all__ = [
    "Advice",
    "FeedbackSummary",
    "KeptAdvice",
    "advise",
    "conclude_feedback",
    "feedback",
    "feedback_history",
    "judge_run",
    "judged_batches",
    "kept_advice",
    "notify_feedback",
    "run_name",
]
