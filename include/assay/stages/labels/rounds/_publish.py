"""Publishing a round: each person is shown their own tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from assay.errors import InputError
from assay.labelling.platforms import Platform, Sent
from assay.labelling.rounds import Task, latest, make_cards
from assay.pictures import read_picture
from assay.stages.labels.rounds._folder import FIRST, RoundFolder, alone
from assay.stages.labels.rounds._plan import key_of
from assay.stages.services import Services


def publish_round(services: Services, folder: RoundFolder, platform: Platform) -> Sent:
    """Show the tasks of a round to those who are asked; what is shown already is found.

    Where the platform has lost them, those that are still to be answered are shown again. A closed
    round takes no answer, so that nothing of it is shown.

    Rows are read from the snapshot that the round was planned on. One that was erased meanwhile is
    shown to nobody.
    """
    with alone(services, folder.dataset):
        if folder.has("closed"):
            return Sent(made=0, found=len(people_of(folder)))
        return show(folder, platform)


def show(folder: RoundFolder, platform: Platform, asking: str = FIRST) -> Sent:
    """Show the tasks of one asking; the caller holds the lock."""
    tasks = folder.tasks(asking)
    cards = make_cards(tasks, _with_pictures(folder, _rows(folder, tasks)), folder.policy.show)
    people = _people(folder, tasks)
    answered = set(latest(folder.annotations(asking)))
    of_task = {
        task.id: {who for who in task.annotators if (task.id, who) not in answered}
        for task in tasks
    }
    sent = platform.publish(
        project_of(folder, asking), folder.policy.instruction,
        {name: [card for card in cards if who in of_task[card.task]]
         for who, name in sorted(people.items())},
    )  # fmt: skip
    if not is_shown(folder, asking):
        shown = [card.task for card in cards]
        at = folder.services.clock().isoformat()
        record = {"at": at, "platform": platform.name, "tasks": shown}
        folder.write(_published(asking), record)
    return sent


def is_shown(folder: RoundFolder, asking: str = FIRST) -> bool:
    """Whether the tasks of an asking were shown."""
    return folder.has(_published(asking))


def people_of(folder: RoundFolder, asking: str = FIRST) -> tuple[str, ...]:
    """The names of those who are asked."""
    return tuple(sorted(_people(folder, folder.tasks(asking)).values()))


def project_of(folder: RoundFolder, asking: str = FIRST) -> str:
    """The name of an asking on the platform."""
    return f"{folder.round.name}-{asking}" if asking else folder.round.name


def _published(asking: str) -> str:
    return f"{asking}_published" if asking else "published"


def _people(folder: RoundFolder, tasks: Sequence[Task]) -> Mapping[str, str]:
    """Pseudonym to name, of those who are asked about tasks."""
    return {who: folder.names[who] for task in tasks for who in task.annotators}


def _rows(folder: RoundFolder, tasks: Sequence[Task]) -> Mapping[Any, Mapping[str, Any]]:
    """The rows of tasks that the round's snapshot still has, by key."""
    from assay.stages.access import read_as_task
    from assay.versioning import PartitionRows

    asked, services = folder.round, folder.services
    _, versions = services.registry.partitions(asked.dataset, asked.snapshot, partial=True)
    files = read_as_task(services, asked.dataset, versions, "labelling", asked.snapshot)
    rows = PartitionRows(files)
    there = set(rows.schema.names)
    wanted = {task.key for task in tasks}
    shown = [one.column for one in folder.policy.show if one.column in there]
    names = list(dict.fromkeys((*asked.key, *shown)))
    found: dict[Any, Mapping[str, Any]] = {}
    for block in rows.blocks(names):
        keys = [key_of(row, asked.key) for row in block.select(list(asked.key)).to_pylist()]
        if places := [i for i, key in enumerate(keys) if key in wanted]:
            mine = block.take(places).to_pylist()
            found |= {keys[i]: row for i, row in zip(places, mine, strict=True)}
    return found


def _with_pictures(
    folder: RoundFolder, rows: Mapping[Any, Mapping[str, Any]]
) -> Mapping[Any, Mapping[str, Any]]:
    """The rows with the bytes of pictures that they name by path; without those that aren't there.

    The round is published all the same: a person who sees no picture gives no answer.
    """
    named = {one.column: Path(one.folder) for one in folder.policy.show if one.folder is not None}
    return {
        key: {**row, **{column: _picture(row, column, root) for column, root in named.items()}}
        for key, row in rows.items()
    }


def _picture(row: Mapping[str, Any], column: str, root: Path) -> bytes | None:
    if row.get(column) is None:
        return None
    try:
        return read_picture(root, str(row[column]), where=column)
    except InputError:
        return None
