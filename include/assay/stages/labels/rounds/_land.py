"""Landing a round: its labels go to the inbox of their own data set."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator
from typing import Any, Final
from zoneinfo import ZoneInfo

from assay.errors import InputError
from assay.labelling.platforms import Platform
from assay.lake import write_text
from assay.policy.labelling import labels_of
from assay.records.uses import Output, SnapshotPart, Use
from assay.records.versions import digest_of
from assay.stages.index import follow_registry
from assay.stages.labels.rounds._adjudicate import Decided
from assay.stages.labels.rounds._agree import agree_on_round
from assay.stages.labels.rounds._collect import ensure_closed
from assay.stages.labels.rounds._folder import FIRST, REVIEW, RoundFolder, alone, rounds_of
from assay.stages.labels.rounds._known import ANNOTATORS, EXPERT
from assay.stages.labels.rounds._publish import project_of
from assay.stages.labels.rounds._trouble import end_incidents, watched
from assay.stages.services import Services
from assay.verdict import Frozen, Outcome

ABOUT: Final = ("label", "confidence", "annotators", "round", "instruction", "reason", "inclusion",
                "decided_by")  # fmt: skip
"""Columns of delivered labels, after the key."""
_DIGITS: Final = 6


class Landed(Frozen):
    """The labels of a round as they were delivered.

    Parameters
    ----------
    dataset, batch : str
        Of the labels.
    rows : int
        Labels of this round.
    left_out : int
        Rows that were asked about and have no label: nobody answered, or it is a tie.
    path : str
        The delivered file, below the home.
    sha256 : str
        Of the delivered file.
    new : bool
        Whether this call delivered it.
    """

    dataset: str
    batch: str
    round: int
    rows: int
    left_out: int
    path: str
    sha256: str
    new: bool


def land_labels(
    services: Services, folder: RoundFolder, platform: Platform, *, author: str,
    leave_waiting: bool = False, accept: str | None = None,
) -> Landed:  # fmt: skip
    """Deliver the labels of a round to the inbox of ``<data set>_labels``.

    The batch is that of today. Rounds that land in one batch are in one file, in which the newer
    round's label of a row stands. Then the platform takes away what it shows.

    Parameters
    ----------
    leave_waiting : bool
        Leave out the rows that wait for an expert.
    accept : str, optional
        Why labels are delivered though the annotators agree too little; it is kept.

    Raises
    ------
    InputError
        If the round is open or was dropped, rows wait for an expert, annotators agree too little,
        or the data set of the labels has no contract.
    """
    contract = services.project.contract(labels_of(folder.dataset))
    with alone(services, folder.dataset):
        if new := not folder.has("landed"):
            now = services.clock()
            ensure_closed(folder, now)
            _check(folder, leave_waiting, accept)
            part = contract.partition
            batch = part.parse(now.astimezone(ZoneInfo(part.timezone)).strftime(part.key_format))
            folder.write("landed", {
                "batch": batch, "author": author, "accepted": accept, "at": now.isoformat(),
                "rows": [list(row) for row in _labels(folder)],
            })  # fmt: skip
        landed = folder.read("landed")
        path = services.lake.make("inbox", contract.dataset, f"{landed['batch']}.csv")
        text = _as_csv(services, folder, landed["batch"])
        if not (path.is_file() and path.read_text(encoding="utf-8") == text):
            write_text(path, text)
        _record(services, folder, contract.dataset, landed, text)
        with watched(services, folder):
            for asking in (FIRST, REVIEW):
                platform.withdraw(project_of(folder, asking))
        end_incidents(services, folder)
    asked = sum(task.gold is None for task in folder.tasks())
    return Landed(
        dataset=contract.dataset, batch=landed["batch"], round=folder.number,
        rows=len(landed["rows"]), left_out=asked - len(landed["rows"]),
        path=services.relative(path), sha256=_sha256(text), new=new,
    )  # fmt: skip


def _check(folder: RoundFolder, leave_waiting: bool, accept: str | None) -> None:
    where = f"{folder.dataset} round {folder.number}"
    waiting = len(folder.tasks(REVIEW)) - len(Decided(folder).by_expert)
    if not folder.has(f"{REVIEW}_tasks"):
        raise InputError("no expert was asked yet", where=where,
                         do=f"assay label adjudicate {folder.dataset}")  # fmt: skip
    if waiting and not leave_waiting:
        raise InputError(
            f"{waiting} rows wait for an expert", where=where,
            do=f"assay label adjudicate {folder.dataset} collects; --leave-waiting leaves them "
               "out.",
        )  # fmt: skip
    found = agree_on_round(folder)
    failed = [one for one in found.limits if one.outcome is Outcome.FAIL]
    if failed and not accept:
        one = failed[0]
        figure = found.report.overall.figures[one.figure]
        raise InputError(
            "the annotators agree too little", where=where,
            got=f"{one.figure} {figure.low:.3f} to {figure.high:.3f}", expected=f"{one.least:g} "
            "or more", do="Drop the round, make the instruction clearer and plan another one, or "
            "--accept WHY.",
        )  # fmt: skip


def _labels(folder: RoundFolder) -> Iterator[tuple[Any, ...]]:
    """Of each labelled row its key, then what ``ABOUT`` names; a gold task isn't among them."""
    decided = Decided(folder)
    own = {task.id: task for task in folder.tasks()}
    number = folder.round.number
    people = _people(decided)
    waiting = {one.key for one in folder.tasks(REVIEW)} - set(decided.by_expert)
    for place, (name, label) in enumerate(
        zip(decided.given.tasks, decided.aggregated.label, strict=True)
    ):
        task = own[name]
        expert = decided.by_expert.get(task.key)
        if task.gold is not None or task.key in waiting or (label < 0 and expert is None):
            continue
        confidence = 1.0 if expert else float(decided.aggregated.confidence[place])
        yield (
            *task.key, expert or str(decided.given.labels[label]), round(confidence, _DIGITS),
            people[place], number, folder.round.instruction, task.reason, task.inclusion,
            EXPERT if expert else ANNOTATORS,
        )  # fmt: skip


def _people(decided: Decided) -> list[int]:
    import numpy as np

    counts = np.bincount(decided.given.task, minlength=len(decided.given.tasks))
    return [int(one) for one in counts]


def _as_csv(services: Services, folder: RoundFolder, batch: str) -> str:
    """The labels of all rounds of a batch, in the order of their keys; the newest one stands."""
    width = len(folder.round.key)
    rows: dict[tuple[Any, ...], list[Any]] = {}
    for one in rounds_of(services, folder.dataset):
        if one.has("landed") and (landed := one.read("landed"))["batch"] == batch:
            rows |= {tuple(row[:width]): _again(row, rows) for row in landed["rows"]}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*folder.round.key, *ABOUT])
    writer.writerows(rows[key] for key in sorted(rows, key=lambda k: tuple(map(str, k))))
    return out.getvalue()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _again(row: list[Any], rows: dict[tuple[Any, ...], list[Any]]) -> list[Any]:
    """A label with the chance of its row to be chosen first, where it was asked about again."""
    before = rows.get(tuple(row[: -len(ABOUT)]))
    place = ABOUT.index("inclusion") - len(ABOUT)
    if before is None or row[place] is not None:
        return row
    return [*row[:place], before[place], *row[place + 1 :]]


def _record(
    services: Services, folder: RoundFolder, labels: str, landed: dict[str, Any], text: str
) -> None:
    """Put the round on record as a use of the rows that it asked about."""
    asked = folder.round
    snapshot, versions = services.registry.partitions(asked.dataset, asked.snapshot, partial=True)
    mark = services.registry.mark(_sha256(text))
    services.registry.record_use(Use(
        kind="label_round", id=services.registry.use_id("label_round", [asked.id, mark]),
        subject=asked.dataset,
        reads=(SnapshotPart(
            dataset=asked.dataset, number=snapshot.number, digest=digest_of(versions)
        ),),
        delivers=Output(dataset=labels, batch=landed["batch"], mark=mark),
        author=landed["author"], at=services.clock(),
        details={"round": str(asked.number), "rows": str(len(landed["rows"])),
                 "instruction": asked.instruction},
    ))  # fmt: skip
    follow_registry(services, wholly=False)
