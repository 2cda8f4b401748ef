from . import chain
from ._approval import answer_promotion, ask_promotion, why_no_question
from ._compare import compare_versions
from ._explain import explain_version, explanation_body
from ._explain_difference import explain_difference
from ._fit import get_ready_to_keep_models
from ._notify import notify_training, notify_unpinned
from ._objects import load_record
from ._own import OwnModel, judge_own
from ._perform import DoesNotApply, perform_training
from ._pin import pin_training, plan_training
from ._promote import promote, promote_by_person, promoted
from ._question import render_promotion
from ._records import keep_training_crash, resume_training
from ._reproduce import reproduce
from ._score import score
from ._spec import TrainingAsked
from ._train import train
from ._training import Training
from ._trend import trend_of
from ._versions import champion_of, find_version, promotions_of, versions_of

__all__ = [
    "DoesNotApply",
    "OwnModel",
    "Training",
    "TrainingAsked",
    "answer_promotion",
    "ask_promotion",
    "chain",
    "champion_of",
    "compare_versions",
    "explain_difference",
    "explain_version",
    "explanation_body",
    "find_version",
    "get_ready_to_keep_models",
    "judge_own",
    "keep_training_crash",
    "load_record",
    "notify_training",
    "notify_unpinned",
    "perform_training",
    "pin_training",
    "plan_training",
    "promote",
    "promote_by_person",
    "promoted",
    "promotions_of",
    "render_promotion",
    "reproduce",
    "resume_training",
    "score",
    "train",
    "trend_of",
    "versions_of",
    "why_no_question",
]
