"""The chain: the one description of a run's stages.

Everything that must know the stages derives from here: the tasks and edges of the release DAG, the
results that a release needs, the overview page, the policies that ``assay check`` loads, what a
version derives from, the conformance suite and the table in the docs. A new gate is one entry
here, one module with its function, and one policy model.

A run begins with ``pin`` and ends with ``approve_force``, ``release`` and ``notify``; between them
each stage of :data:`STAGES` leaves one result.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Final

from assay.stages.stage import (
    Question,
    Stage,
    before_stage,
    ends_of,
    find_stage,
    needed_after,
)

if TYPE_CHECKING:
    from assay.policy import Policy

__all__ = [
    "APPROVE",
    "COMMIT",
    "FRAME",
    "INGEST",
    "NOTIFY",
    "PIN",
    "PROTECT",
    "RELEASE",
    "STAGES",
    "Question",
    "Stage",
    "before",
    "ends",
    "find",
    "first_with_policy",
    "in_order",
    "names",
    "needed_later",
    "on_request",
    "policy_models",
    "questions",
]


STAGES: tuple[Stage, ...] = (
    Stage(
        name="ingest",
        work="assay.stages.run._ingest:ingest",
        does="Land the batch: its original bytes, its rows, and a manifest of both.",
        policy="assay.policy.quality:QualityPolicy",
        writes=("landed",),
        question=Question.GOOD,
    ),
    Stage(
        name="validate_raw",
        work="assay.stages.run._validate:validate_raw",
        does="Judge the landed rows by contract and raw suite; quarantine the rows that fail.",
        policy="assay.policy.quality:QualityPolicy",
        after=("ingest",),
        reads=("landed",),
        writes=("marks_raw", "quarantined_raw", "validation_raw", "failing_raw"),
        question=Question.GOOD,
    ),
    Stage(
        name="protect",
        work="assay.stages.run._protect:protect",
        does="Treat classified columns by the privacy policy, and write the observed table.",
        policy="assay.policy.privacy:PrivacyPolicy",
        after=("validate_raw",),
        reads=("landed", "marks_raw"),
        writes=("observed", "audit"),
        question=Question.LEGAL,
    ),
    Stage(
        name="clean",
        work="assay.stages.run._clean:clean",
        does="Clean the rows that were not quarantined, and log each changed cell.",
        policy="assay.policy.cleaning:CleaningPolicy",
        after=("protect",),
        reads=("observed",),
        writes=(
            "cleaned",
            "dropped",
            "change_log",
            "changed_values",
            "state",
            "scaler",
            "cleaning",
        ),
        question=Question.GOOD,
    ),
    Stage(
        name="validate_clean",
        work="assay.stages.run._validate:validate_clean",
        does="Judge the cleaned rows by contract and clean suite; quarantine the rows that fail.",
        policy="assay.policy.quality:QualityPolicy",
        after=("clean",),
        reads=("landed", "cleaned"),
        writes=("marks_clean", "quarantined_clean", "validation_clean", "failing_clean"),
        question=Question.GOOD,
    ),
    Stage(
        name="commit",
        work="assay.stages.run._commit:commit",
        does="Write the candidate and commit it as one batch version.",
        after=("validate_clean",),
        reads=("cleaned", "marks_clean", "observed", "change_log", "state", "scaler", "cleaning"),
        writes=(
            "row_numbers",
            "sealed_row_numbers",
            "candidate",
            "scaled",
            "committed_observed",
            "committed_changes",
        ),
    ),
    Stage(
        name="drift",
        work="assay.stages.run._drift:drift",
        does="Test the observed table and the candidate against the pinned references.",
        policy="assay.policy.drift:DriftPolicy",
        after=("commit",),
        reads=("committed_observed", "candidate"),
        writes=("drift_rows",),
        question=Question.CHANGED,
        by_reference=True,
    ),
    Stage(
        name="fairness",
        work="assay.stages.run._fairness:fairness",
        does="Compare outcomes between groups of people in the candidate.",
        policy="assay.policy.fairness:FairnessPolicy",
        after=("commit",),
        reads=(
            "observed",
            "candidate",
            "row_numbers",
            "dropped",
            "marks_clean",
            "change_log",
            "audit",
        ),
        question=Question.FAIR,
    ),
    Stage(
        name="label_noise",
        work="assay.stages.run._label_noise:label_noise",
        does="Estimate how many labels of the candidate are wrong, and list the suspects.",
        policy="assay.policy.label_noise:LabelNoisePolicy",
        on_request=True,
        after=("commit",),
        reads=("candidate",),
        writes=("suspected_labels",),
        question=Question.GOOD,
    ),
)
"""The stages that leave a result, in order."""

PIN: Final = "pin"
INGEST: Final = "ingest"
PROTECT: Final = "protect"
COMMIT: Final = "commit"
APPROVE: Final = "approve_force"
RELEASE: Final = "release"
NOTIFY: Final = "notify"
FRAME: Final = {
    PIN: "Resolve the batch, take its lease and pin what it is compared with.",
    APPROVE: "Ask a second person, where somebody asked to force a held batch.",
    RELEASE: "Make the next snapshot, or leave readers with the one they have and say why.",
    NOTIFY: "Open and close incidents, and send messages; it always runs.",
}
"""The tasks around the stages, each with an operator of its own, and what they do."""


def names() -> list[str]:
    """Names of the stages, in order."""
    return [stage.name for stage in STAGES]


def find(name: str) -> Stage:
    """The stage of a name; KeyError for any other."""
    return find_stage(STAGES, name)


def first_with_policy(noun: str) -> Stage | None:
    """The first stage that follows a policy, by the name of the policy's file."""
    models = ((stage, stage.policy_model) for stage in STAGES)
    return next((stage for stage, model in models if model and model.noun == noun), None)


def ends() -> list[str]:
    """Stages that no other stage comes after."""
    return ends_of(STAGES)


def before(name: str) -> set[str]:
    """All stages that have to end before one."""
    return before_stage(STAGES, name)


def questions() -> Iterator[tuple[Question, list[str]]]:
    """Each question with the stages that answer it."""
    for question in Question:
        yield question, [stage.name for stage in STAGES if stage.question is question]


def needed_later(name: str) -> set[str]:
    """Artefacts of a stage that a later stage reads."""
    return needed_after(STAGES, name)


def policy_models() -> dict[str, type[Policy]]:
    """Name of a policy file → its model, for each policy that a stage follows."""
    models = [model for stage in STAGES if (model := stage.policy_model) is not None]
    return {model.noun: model for model in models}


def on_request() -> frozenset[str]:
    """Names of the policy files that a data set may do without."""
    return frozenset(stage.noun for stage in STAGES if stage.on_request)


def in_order(found: Collection[str]) -> list[str]:
    """The stages among some names, in the order of the chain."""
    return [name for name in names() if name in found]
