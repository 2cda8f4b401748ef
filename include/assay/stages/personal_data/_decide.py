"""A person's decision about a column that looks personal, put on record in the project's files."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.contract import load_contract
from assay.document import shown_path
from assay.errors import InputError, PolicyError, unknown
from assay.lake import private_folder, publish
from assay.policy import load_policy
from assay.policy.privacy import PrivacyPolicy
from assay.privacy.finding import KINDS, noun_of
from assay.privacy.finding.kinds import DETECTORS
from assay.project import Project
from assay.stages.personal_data._yaml_edit import (
    inserted,
    mapping_at,
    property_of,
    with_comment,
    with_item,
    with_key,
)


@dataclass(frozen=True)
class Decided:
    """What was decided, by whom, and the file that has it on record.

    ``classification`` is what the contract now says; None for a column that isn't personal.
    """

    dataset: str
    column: str
    kind: str
    by: str
    at: dt.date
    path: Path
    classification: str | None = None


def dismiss(
    project: Project, dataset: str, column: str, kind: str, *, because: str, by: str, at: dt.date
) -> Decided:
    """Put on record in the privacy policy that a column isn't of a kind of personal data.

    It holds for this column and this kind. Comments and layout of the file stay, and the new file
    takes the old one's place only if it loads.

    Raises
    ------
    InputError
        If there is no such column or kind.
    PolicyError
        If the policy doesn't ask for the search, or has the decision already.
    """
    _refuse_unknown(project, dataset, column, kind)
    path = project.policy(dataset, PrivacyPolicy.noun)
    columns = project.contract(dataset).column_names
    policy = load_policy(path, PrivacyPolicy, columns=columns)
    if policy.finding is None:
        raise PolicyError(
            "the policy doesn't ask for the search for personal data", where=shown_path(path),
            do="Write its section `finding` first: include/docs/privacy.md has an example.",
        )  # fmt: skip
    known = policy.finding.not_personal.get(column, {}).get(kind)
    if known is not None:
        raise PolicyError(
            "the decision is on record already", where=f"{shown_path(path)} {column} {kind}",
            got=f"by {known.by} on {known.at}",
        )  # fmt: skip
    decision = {"because": because, "by": by, "at": at.isoformat()}
    text = path.read_text(encoding="utf-8")
    text = inserted(text, ("finding", "not_personal", column, kind), decision)

    def load(aside: Path) -> Any:
        return load_policy(aside, PrivacyPolicy, columns=columns)

    _replace(path, text, load)
    return Decided(dataset, column, kind, by, at, path)


def declare(
    project: Project, dataset: str, column: str, kind: str, *, because: str, by: str, at: dt.date,
    domain: str | None = None,
) -> Decided:  # fmt: skip
    """Classify a column in the contract, with the reason as a comment above it.

    Parameters
    ----------
    domain : str, optional
        Of an identifier: the identity domain within which its pseudonyms join; one of the column
        alone by default.

    Raises
    ------
    InputError
        If there is no such column or kind, or the contract classifies the column already.
    """
    _refuse_unknown(project, dataset, column, kind)
    contract = project.contract(dataset)
    found = contract.column(column).classification
    if found is not None:
        raise InputError("the contract classifies the column already", where=f"{dataset}.{column}",
                         got=found)  # fmt: skip
    classification = next(one.classification for one in DETECTORS if one.kind == kind)
    text, where = contract.path.read_text(encoding="utf-8"), shown_path(contract.path)

    def node() -> Any:
        return property_of(mapping_at(text, ()), column, where)

    if classification == "identifier" and contract.column(column).identity_domain is None:
        value = json.dumps(domain or re.sub(r"\W", "_", f"{dataset}_{column}").lower())
        item = f"{{property: identityDomain, value: {value}}}"
        text = with_item(text, node(), "customProperties", item)
    text = with_key(text, node(), "classification", classification)
    said = f"{column}: {noun_of(kind)}, said {by} on {at}: {' '.join(because.split())}"
    text = with_comment(text, node(), said)
    _replace(contract.path, text, load_contract)
    return Decided(dataset, column, kind, by, at, contract.path, classification)


def _refuse_unknown(project: Project, dataset: str, column: str, kind: str) -> None:
    contract = project.contract(dataset)
    if column not in contract.column_names:
        raise InputError("no such column", where=dataset, **unknown(column, contract.column_names))
    if kind not in KINDS:
        raise InputError("no such kind of personal data", **unknown(kind, KINDS))


def _replace(path: Path, text: str, load: Callable[[Path], Any]) -> None:
    """Let a text take a file's place, at once, if it loads under the same name."""
    with private_folder() as folder:
        # The organisation's bounds lie beside the folder of a data set's policies.
        trial = folder / path.parent.name / path.name
        trial.parent.mkdir()
        trial.write_text(text, encoding="utf-8")
        bounds = path.parent.parent / "_organisation"
        if bounds.is_dir():
            shutil.copytree(bounds, folder / bounds.name, dirs_exist_ok=True)
        load(trial)
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        aside.write_text(text, encoding="utf-8")
        publish(aside, path)
    finally:
        aside.unlink(missing_ok=True)
