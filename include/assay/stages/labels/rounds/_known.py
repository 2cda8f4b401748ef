"""Rows whose answer is known: what experts said before, and a file of a person's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from assay.engine import Session
from assay.errors import InputError
from assay.labelling.rounds import Candidate
from assay.labelling.rounds.records import GOLD
from assay.policy import level_text
from assay.policy.labelling import LabellingPolicy, labels_of
from assay.stages.services import Services

LABEL, DECIDED_BY, EXPERT, ANNOTATORS = "label", "decided_by", "expert", "annotators"
"""Columns of delivered labels, and the two that decide on one."""
_FILE: Final = "--gold"


def known_answers(
    services: Services, session: Session, dataset: str, key: Sequence[str],
    policy: LabellingPolicy, path: str | None,
) -> list[Candidate]:  # fmt: skip
    """The rows whose answer is known, each once; those of a file come first.

    Raises
    ------
    InputError
        If the file lacks a column, or has an answer that the policy doesn't.
    """
    from assay.stages.labels.rounds._plan import key_of

    given = [*_of_file(session, key, policy, path), *_of_experts(services, dataset, key, policy)]
    found: dict[Any, Candidate] = {}
    for row in given:
        own = key_of(row, key)
        found.setdefault(own, Candidate(own, GOLD, gold=str(level_text(row[LABEL]))))
    return list(found.values())


def _of_file(
    session: Session, key: Sequence[str], policy: LabellingPolicy, path: str | None
) -> Sequence[Mapping[str, Any]]:
    if path is None:
        return ()
    table = session.open_data(path)
    for name in (*key, LABEL):
        if name not in table.columns:
            raise InputError("no such column", where=_FILE, got=name,
                             expected=f"the key and {LABEL}")  # fmt: skip
    rows = session.rows(table.select(*key, LABEL))
    if strange := sorted({str(level_text(row[LABEL])) for row in rows} - set(policy.answers)):
        raise InputError(
            f"{len(strange)} answers of gold tasks aren't the policy's", where=_FILE,
            expected=f"one of: {', '.join(policy.answers)}",
        )  # fmt: skip
    return rows


def _of_experts(
    services: Services, dataset: str, key: Sequence[str], policy: LabellingPolicy
) -> Iterator[Mapping[str, Any]]:
    """Released labels that an expert decided on, the newest first, that the policy still has."""
    from assay.stages.access import read_as_task
    from assay.versioning import PartitionRows

    name = labels_of(dataset)
    if services.registry.pointer(name) is None:
        return
    found, versions = services.registry.partitions(name, None)
    newest_first = dict(reversed(versions.items()))
    files = read_as_task(services, name, newest_first, "labelling", found.number)
    rows = PartitionRows(files)
    wanted = [*key, LABEL, DECIDED_BY]
    if not set(wanted) <= set(rows.columns()):
        return
    for row in rows.table(wanted).to_pylist():
        if row[DECIDED_BY] == EXPERT and str(level_text(row[LABEL])) in policy.answers:
            yield row
