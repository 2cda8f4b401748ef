"""Faults that a policy shows only beside the contract and the other policies of its data set."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from assay.document import load_document
from assay.errors import Problem, unknown
from assay.policy.access import AccessPolicy
from assay.policy.cleaning import CleaningPolicy
from assay.policy.drift import DriftPolicy
from assay.policy.fairness import FairnessPolicy
from assay.policy.label_noise import LabelNoisePolicy
from assay.policy.privacy import PrivacyPolicy
from assay.policy.retention import RetentionPolicy
from assay.stages.authoring._access_problems import access_problems
from assay.stages.authoring._file_problems import DatasetFiles
from assay.stages.authoring._labelling_problems import labelling_problems
from assay.stages.authoring._publishing_problems import publishing_problems
from assay.stages.run import chain


def policy_problems(files: DatasetFiles) -> Iterator[Problem]:
    """Every fault of every policy of a data set, with its place in the policy's file."""
    for noun in files.policies:
        document = None
        for p in _problems(files, noun):
            document = document or load_document(files.project.policy(files.contract.dataset, noun))
            where = document.where(_loc(p.where))
            yield Problem(p.what, where=where, got=p.got, expected=p.expected, do=p.do)


def _problems(files: DatasetFiles, noun: str) -> Iterator[Problem]:
    """What is wrong with one policy: what is particular to its kind, then its dropped columns."""
    found = list(_PARTICULAR[noun](files, files.policies[noun])) if noun in _PARTICULAR else []
    yield from found
    places = {p.where for p in found}
    yield from (p for p in _dropped_columns(files, noun) if p.where not in places)


def _dropped_columns(files: DatasetFiles, noun: str) -> Iterator[Problem]:
    """Columns that a policy names and that its stage no longer finds.

    A stage that reads the audit table finds them there. A role is for use without a contract.
    """
    stage = chain.first_with_policy(noun)
    if stage is None or chain.PROTECT not in chain.before(stage.name) or "audit" in stage.reads:
        return
    for loc, name in files.policies[noun].column_paths():
        if name in files.dropped and loc[0] != "roles":
            yield Problem(
                f"the privacy policy drops this column before the {stage.title} gate reads it",
                where=".".join(map(str, loc)), got=name,
                do="Leave it out here, or treat it otherwise in privacy.yaml.",
            )  # fmt: skip


def _of_privacy(files: DatasetFiles, policy: PrivacyPolicy) -> Iterable[Problem]:
    from assay.privacy import problems

    return problems(policy, files.contract, dict(files.contracts))


def _of_cleaning(files: DatasetFiles, policy: CleaningPolicy) -> Iterable[Problem]:
    from assay.cleaning import problems, roles_of

    roles = roles_of(files.contract)
    return problems(policy, roles, files.contract.column_names, files.dropped)


def _of_fairness(files: DatasetFiles, policy: FairnessPolicy) -> Iterable[Problem]:
    from assay.fairness import fairness_problems

    privacy = files.policy(PrivacyPolicy)
    if privacy is None:
        return ()
    levels = privacy.closed_levels({c.name: c.levels for c in files.contract.columns})
    return fairness_problems(policy, dict(files.contract.roles), levels)


def _of_retention(files: DatasetFiles, policy: RetentionPolicy) -> Iterator[Problem]:
    """What is kept without a legal basis, or without a period."""
    from assay.privacy import removed_columns

    if files.contract.classified and (bare := policy.without_basis):
        yield Problem(
            "periods of a data set with classified columns have no legal basis",
            where="basis", got=", ".join(bare), expected="basis: {kind: law, name: …}",
            do="Say under which consent, contract, law or interest the data are kept, for all "
            "periods at the top or for each in its place.",
        )  # fmt: skip
    privacy, fairness = files.policy(PrivacyPolicy), files.policy(FairnessPolicy)
    if fairness is None or privacy is None or not fairness.applies:
        return
    removed = removed_columns(privacy, fairness.grouping)
    if removed and not policy.zones.audit:
        yield Problem(
            "the audit zone has no period, and protected attributes will be kept in it",
            where="zones", got=", ".join(removed),
            expected="audit: {counts_from: …, max_age_days: …}",
            do="Say how long they may be kept for the fairness gate, or let it not compare them.",
        )  # fmt: skip


def _of_drift(files: DatasetFiles, drift: DriftPolicy) -> Iterator[Problem]:
    """Identifiers that the drift gate would compare."""
    identifiers = {c.name for c in files.contract.identifiers}
    classified = ((f"classifier.columns.{i}", n) for i, n in enumerate(drift.classified_by))
    for where, name in (*((f"columns.{n}", n) for n in drift.columns), *classified):
        if name in identifiers and not (name in drift.columns and where.startswith("class")):
            yield Problem("an identifier takes no part in drift", where=where)


def _of_label_noise(files: DatasetFiles, policy: LabelNoisePolicy) -> Iterator[Problem]:
    """A sample, a column or a list of levels that the contracts don't have."""
    privacy, contract = files.policy(PrivacyPolicy), files.contract
    closed = privacy.closed_levels({c.name: c.levels for c in contract.columns}) if privacy else {}
    for place, name in enumerate(policy.groups):
        if name in contract.classified and name not in closed:
            yield Problem(
                "a classified group needs a closed list of levels", where=f"groups.{place}",
                got=name, do="List its levels in the contract, or leave it out.",
            )  # fmt: skip
    sample = policy.checked
    if sample is None:
        return
    other = files.contracts.get(sample.dataset)
    if other is None:
        hint = unknown(sample.dataset, sorted(files.contracts))
        yield Problem("no such data set", where="checked.dataset", **hint)
        return
    named = {f"checked.key.{place}": name for place, name in enumerate(sample.key)}
    named |= {"checked.label": sample.label}
    named |= {"checked.inclusion": sample.inclusion} if sample.inclusion else {}
    for where, name in named.items():
        if name not in other.column_names:
            hint = unknown(name, list(other.column_names))
            yield Problem(f"no such column in {sample.dataset}", where=where, **hint)


_PARTICULAR: Final[Mapping[str, Callable[[DatasetFiles, Any], Iterable[Problem]]]] = {
    AccessPolicy.noun: access_problems,
    "privacy": _of_privacy,
    "cleaning": _of_cleaning,
    "fairness": _of_fairness,
    "retention": _of_retention,
    "drift": _of_drift,
    "labelling": labelling_problems,
    "publishing": publishing_problems,
    "label_noise": _of_label_noise,
}


def _loc(where: str | None) -> tuple[str | int, ...]:
    """``steps.0.columns`` as the place in a document."""
    parts = where.split()[-1].split(".") if where else []
    return tuple(int(p) if p.isdigit() else p for p in parts)
