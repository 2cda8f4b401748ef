"""The access policies of a project's data sets."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from assay.access import Explained, explain
from assay.document import load_document
from assay.errors import InputError
from assay.policy import load_policy
from assay.policy.access import AccessPolicy
from assay.project import Project


def access_policy(project: Project, dataset: str) -> AccessPolicy | None:
    """The access policy of a data set; None where it has none, and nothing is refused.

    Raises
    ------
    PolicyError
        If it doesn't load; nobody may read then.
    """
    path = project.policy(dataset, AccessPolicy.noun)
    return load_policy(path, AccessPolicy) if path.exists() else None


def classified_columns(project: Project, dataset: str) -> dict[str, bool]:
    """Column of the contract to whether the contract classifies it; none without a contract."""
    if dataset not in project.datasets():
        return {}
    contract = project.contract(dataset)
    return {name: name in contract.classified for name in contract.column_names}


def explain_access(project: Project, dataset: str, role: str, day: dt.date) -> list[Explained]:
    """What a role may do with a data set, each with file and line.

    Raises
    ------
    InputError
        If the data set has no access policy.
    """
    classified = classified_columns(project, project.contract(dataset).dataset)
    policy = access_policy(project, dataset)
    path = project.policy(dataset, AccessPolicy.noun)
    if policy is None:
        raise InputError(
            "the data set has no access policy: everybody who can read its files reads all rows",
            where=_shown(project, path), do="include/docs/access.md says how to write one.",
        )  # fmt: skip
    return explain(policy, load_document(path), role, dataset, classified, day=day)


def listed_roles(project: Project) -> dict[str, AccessPolicy | None]:
    """Each data set with its access policy."""
    return {name: access_policy(project, name) for name in project.datasets()}


def _shown(project: Project, path: Path) -> str:
    return str(path.relative_to(project.include.parent))
