"""What a person still has to decide about a data set whose files have no fault."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from assay.document import load_document
from assay.errors import AssayError
from assay.policy import load_policy
from assay.policy.alerting import AlertingPolicy
from assay.project import Project

_MARKED: Final = re.compile(r"#.*(?<!')\bconfirm\b", re.IGNORECASE)
"""A comment that asks a person to confirm; the word in quotes, as in a heading, doesn't count."""


@dataclass(frozen=True)
class OpenDraft:
    """The decisions about a data set that are still open.

    ``confirm`` counts the lines that are marked so. ``people`` are columns that may be about
    people, where a contract in the status ``draft`` classifies none. ``notified`` is False where
    the alerting policy has no route.
    """

    dataset: str
    confirm: int
    people: tuple[str, ...]
    notified: bool

    def __str__(self) -> str:
        open_ = []
        if self.confirm:
            open_.append(f"{_counted(self.confirm, 'line is', 'lines are')} still marked `confirm`")
        if self.people:
            columns = _counted(len(self.people), "column", "columns")
            open_.append(f"{columns} may be about people and none is classified")
        if not self.notified:
            open_.append("nobody is notified (alerting.yaml has no route)")
        return f"open: {self.dataset}: {'; '.join(open_)}"


def open_drafts(project: Project) -> list[OpenDraft]:
    """The data sets with open decisions; files that don't load are faults, and left out here."""
    found = (_of(project, dataset) for dataset in project.datasets())
    return [one for one in found if one.confirm or one.people or not one.notified]


def _of(project: Project, dataset: str) -> OpenDraft:
    contract = project.contracts / f"{dataset}.odcs.yaml"
    policies = sorted((project.include / "policies" / dataset).glob("*.yaml"))
    confirm = sum(map(_marked, (contract, *policies)))
    return OpenDraft(dataset, confirm, _people(project, dataset), _notified(project, dataset))


def _marked(path: Path) -> int:
    text = path.read_text(encoding="utf-8", errors="replace")
    return sum(_MARKED.search(line) is not None for line in text.splitlines())


def _people(project: Project, dataset: str) -> tuple[str, ...]:
    from assay.onboarding import guess_classification

    try:
        contract = project.contract(dataset)
        document: Any = load_document(contract.path).value
    except AssayError:
        return ()
    if contract.classified or document.get("status") != "draft":
        return ()
    return tuple(n for n in contract.column_names if guess_classification(n) is not None)


def _notified(project: Project, dataset: str) -> bool:
    try:
        policy = load_policy(project.policy(dataset, "alerting"), AlertingPolicy)
    except AssayError:
        return True
    return bool(policy.routes)


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
