"""The chain of a training run: the one description of its stages.

The tasks and edges of ``train__<model>``, the results that a promotion needs, the report and the
table in the docs derive from here. A run begins with ``pin`` and ends with ``approve``, ``promote``
and ``notify``; between them each stage of :data:`STAGES` leaves one result.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from assay.stages.stage import (
    Question,
    Stage,
    before_stage,
    ends_of,
    find_stage,
    needed_after,
)

STAGES: tuple[Stage, ...] = (
    Stage(
        name="read",
        work="assay.stages.models._read:read",
        does="Read the pinned snapshot's rows, join the pinned reference tables, label each row.",
        writes=("rows",),
    ),
    Stage(
        name="fit",
        work="assay.stages.models._fit:fit",
        does="Fit preprocessing and estimator on the training rows, after the search if there is "
        "one.",
        after=("read",),
        reads=("rows",),
        writes=("model", "fitted"),
    ),
    Stage(
        name="evaluate",
        work="assay.stages.models._evaluate:evaluate",
        does="Predict the test rows, by the model and by the champion, and measure the figures.",
        after=("fit",),
        reads=("rows", "model"),
        writes=("predictions", "figures"),
        by_champion=True,
    ),
    Stage(
        name="performance",
        work="assay.stages.models._gates:performance",
        does="Compare the figures with the model file's limits, in all and by slice, and with the "
        "champion's.",
        after=("evaluate",),
        reads=("rows", "predictions", "figures"),
        question=Question.GOOD,
        by_champion=True,
    ),
    Stage(
        name="fairness",
        work="assay.stages.models._gates:fairness",
        does="Compare the predictions for groups of people, as the fairness gate of data does.",
        after=("evaluate",),
        reads=("rows", "predictions"),
        question=Question.FAIR,
    ),
    Stage(
        name="flip",
        work="assay.stages.models._gates:flip",
        does="Change protected attributes alone, and count the predictions that change with them.",
        after=("evaluate",),
        reads=("rows", "model"),
        question=Question.FAIR,
    ),
    Stage(
        name="sanity",
        work="assay.stages.models._gates:sanity",
        does="Look for what gives the answer away: one feature, rows on both sides, permuted "
        "labels that can be learned, proxies of protected attributes.",
        after=("evaluate",),
        reads=("rows", "model", "predictions"),
        question=Question.GOOD,
    ),
    Stage(
        name="explain",
        work="assay.stages.models._explain:explain",
        does="Say why the model predicts what it does: the importance of features, the nearest "
        "changes that flip predictions, and whether these are dearer for a group of people.",
        after=("performance", "fairness", "flip", "sanity"),
        reads=("rows", "model", "predictions"),
        writes=("explanation",),
        question=Question.FAIR,
    ),
)
"""The stages that leave a result, in order."""

PIN: Final = "pin"
READ: Final = "read"
FIT: Final = "fit"
EVALUATE: Final = "evaluate"
APPROVE: Final = "approve"
PROMOTE: Final = "promote"
NOTIFY: Final = "notify"
FRAME: Final = {
    PIN: "Choose the snapshot, pin it with the joined ones, the model file and the code.",
    APPROVE: "Ask a person whether the version becomes the champion, where the model file says so.",
    PROMOTE: "Register the version, and make it the champion or leave the champion in place.",
    NOTIFY: "Open and close incidents, and send messages; it always runs.",
}
"""The tasks around the stages, each with an operator of its own, and what they do."""


def names() -> list[str]:
    """Names of the stages, in order."""
    return [stage.name for stage in STAGES]


def find(name: str) -> Stage:
    """The stage of a name; KeyError for any other."""
    return find_stage(STAGES, name)


def ends() -> list[str]:
    """Stages that no other stage comes after."""
    return ends_of(STAGES)


def before(name: str) -> set[str]:
    """All stages that have to end before one."""
    return before_stage(STAGES, name)


def needed_later(name: str) -> set[str]:
    """Artefacts of a stage that a later stage reads, and what is registered of it."""
    return needed_after(STAGES, name) | (REGISTERED & set(find(name).writes))


def gates() -> list[str]:
    """Stages that judge the model."""
    return [stage.name for stage in STAGES if stage.question]


def in_order(found: Collection[str]) -> list[str]:
    """The stages among some names, in the order of the chain."""
    return [name for name in names() if name in found]


REGISTERED: Final = frozenset({"model", "figures", "explanation"})
"""Artefacts that the record or the objects of the model version are made of."""
