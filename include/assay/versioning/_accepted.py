"""Losses of history that a person has accepted, on record in the registry itself."""

from __future__ import annotations

import json
from typing import Final

from assay.records.versions import Acceptance
from assay.versioning._dvc import REPOSITORY
from assay.versioning._git import Change, View

_FILE: Final = ".assay/accepted.json"


def load_acceptances(view: View) -> tuple[Acceptance, ...]:
    """Every loss that was accepted, the earliest first."""
    content = view.read(_FILE)
    return tuple(Acceptance.model_validate(entry) for entry in json.loads(content or b"[]"))


def highest_given(view: View, dataset: str) -> int:
    """The highest snapshot number that was given before a loss; 0 where nothing was lost.

    A number is never given twice: somebody may have it on record, with other rows.
    """
    return max((a.highest.get(dataset, 0) for a in load_acceptances(view)), default=0)


def plan_acceptance(view: View, wanted: Acceptance) -> tuple[Change | None, Acceptance]:
    """Record an acceptance, unless one of the same source and catalog is the newest."""
    known = load_acceptances(view)
    if known and (known[-1].source, known[-1].catalog) == (wanted.source, wanted.catalog):
        return None, known[-1]
    entries = [a.model_dump(mode="json") for a in (*known, wanted)]
    files = {_FILE: (json.dumps(entries, sort_keys=True, indent=1) + "\n").encode()}
    if view.head is None:
        files = {**REPOSITORY, **files}
    return Change(files, f"Accept the history of {wanted.target or 'an empty registry'}"), wanted
