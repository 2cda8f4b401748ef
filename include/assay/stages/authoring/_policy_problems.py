"""Faults that a policy shows only beside the contract and the other policies of its data set."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from assay.document import load_document
from assay.errors import Problem
from assay.policy.cleaning import CleaningPolicy
from assay.policy.drift import DriftPolicy
from assay.policy.fairness import FairnessPolicy
from assay.policy.privacy import PrivacyPolicy
from assay.policy.retention import RetentionPolicy
from assay.stages.authoring._file_problems import DatasetFiles


def policy_problems(files: DatasetFiles) -> Iterator[Problem]:
    """Every fault of every policy of a data set, with its place in the policy's file."""
    for noun, problems in _PROBLEMS.items():
        document = None
        for p in problems(files):
            document = document or load_document(files.project.policy(files.contract.dataset, noun))
            where = document.where(_loc(p.where))
            yield Problem(p.what, where=where, got=p.got, expected=p.expected, do=p.do)


def _of_privacy(files: DatasetFiles) -> Iterable[Problem]:
    from assay.privacy import problems

    policy = files.policy(PrivacyPolicy)
    return problems(policy, files.contract, dict(files.contracts)) if policy else ()


def _of_cleaning(files: DatasetFiles) -> Iterable[Problem]:
    from assay.cleaning import problems, roles_of

    policy, contract = files.policy(CleaningPolicy), files.contract
    if policy is None:
        return ()
    return problems(policy, roles_of(contract), contract.column_names, files.dropped)


def _of_fairness(files: DatasetFiles) -> Iterable[Problem]:
    from assay.fairness import fairness_problems

    policy, privacy = files.policy(FairnessPolicy), files.policy(PrivacyPolicy)
    if policy is None or privacy is None:
        return ()
    levels = privacy.closed_levels({c.name: c.levels for c in files.contract.columns})
    return fairness_problems(policy, dict(files.contract.roles), levels)


def _of_retention(files: DatasetFiles) -> Iterator[Problem]:
    """Attributes that are removed and still compared are kept for a time: the policy states it."""
    from assay.privacy import removed_columns

    policy, fairness = files.policy(RetentionPolicy), files.policy(FairnessPolicy)
    privacy = files.policy(PrivacyPolicy)
    if policy is None or fairness is None or privacy is None or not fairness.applies:
        return
    removed = removed_columns(privacy, fairness.grouping)
    if removed and not policy.zones.audit:
        yield Problem(
            "the audit zone has no period, and protected attributes will be kept in it",
            where="zones",
            got=", ".join(removed),
            expected="audit: {counts_from: …, max_age_days: …}",
            do="Say how long they may be kept for the fairness gate, or let it not compare them.",
        )


def _of_drift(files: DatasetFiles) -> Iterator[Problem]:
    """Columns that the drift gate can't compare, or mustn't."""
    drift = files.policy(DriftPolicy)
    if drift is None:
        return
    identifiers = {c.name for c in files.contract.identifiers}
    classified = ((f"classifier.columns.{i}", n) for i, n in enumerate(drift.classified_by))
    for where, name in (*((f"columns.{n}", n) for n in drift.columns), *classified):
        if name in identifiers and not (name in drift.columns and where.startswith("class")):
            yield Problem("an identifier takes no part in drift", where=where)
    for loc, name in drift.column_paths():
        if name in files.dropped:
            yield Problem(
                "the privacy policy drops this column before the drift gate reads it",
                where=".".join(map(str, loc)),
                got=name,
                do="Leave it out here, or treat it otherwise in privacy.yaml.",
            )


_PROBLEMS: Final[Mapping[str, Callable[[DatasetFiles], Iterable[Problem]]]] = {
    "privacy": _of_privacy,
    "cleaning": _of_cleaning,
    "fairness": _of_fairness,
    "retention": _of_retention,
    "drift": _of_drift,
}


def _loc(where: str | None) -> tuple[str | int, ...]:
    """``steps.0.columns`` as the place in a document."""
    parts = where.split()[-1].split(".") if where else []
    return tuple(int(p) if p.isdigit() else p for p in parts)
