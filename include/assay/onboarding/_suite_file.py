"""Proposals written to the file of a suite, whose own expectations stay as they are."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from assay.errors import InputError, SuiteError
from assay.lake import publish
from assay.onboarding.proposals._proposal import Proposal, aspects
from assay.onboarding.proposals._suite import suite_of


def write_suite(path: Path, name: str, proposals: Iterable[Proposal]) -> int:
    """Write proposals as a new suite; the number of its expectations.

    Raises
    ------
    InputError
        If there is a file already, or nothing to write.
    """
    if path.exists():
        do = "Give another name, or --write to add to the suite."
        raise InputError("the file is there already", where=str(path), do=do)
    suite = suite_of(name, proposals)
    if not suite["expectations"]:
        raise InputError("nothing is proposed, so there is no suite to write", where=str(path))
    _publish(path, suite)
    return len(suite["expectations"])


def merge_suite(path: Path, proposals: Iterable[Proposal]) -> int:
    """Add proposals behind a suite's own expectations; the number of those that were added.

    The file is read again first, so that nothing is added twice. Its own expectations, written by
    hand or proposed before, stay as they are.

    Raises
    ------
    SuiteError
        If the file can't be read as a suite.
    """
    try:
        suite = json.loads(path.read_text(encoding="utf-8"))
        own = [(e.get("type") or e["expectation_type"], e.get("kwargs") or {})
               for e in suite["expectations"]]  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
        raise SuiteError("can't be read as a suite", where=str(path)) from exc
    known = aspects(own)
    new = [p for p in proposals if p.aspect not in known]
    if new:
        suite["expectations"] += [p.expectation() for p in new]
        _publish(path, suite)
    return len(new)


def _publish(path: Path, suite: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    text = json.dumps(suite, indent=2, ensure_ascii=False, default=str)
    aside.write_text(text + "\n", encoding="utf-8")
    publish(aside, path)
