"""Putting on record who read what: a line in the log, and its head anchored from time to time."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from assay.access.log import AccessEvent, AccessLog, Entry, LogCheck, check_log, open_head
from assay.errors import RegistryError
from assay.lake import write_text
from assay.policy.access import AccessPolicy, Right
from assay.stages.access._reader import Reader

if TYPE_CHECKING:
    from assay.stages.services import Services

BRANCHES: Final = "access-log"
"""Branches of the registry's Git remote, one a log."""
_ANCHORED: Final = "anchored"


@dataclass(frozen=True)
class Shown:
    """What was shown or done: never a value of the data."""

    dataset: str
    action: Right
    rows: int | None
    about: Mapping[str, Any]


def record_access(services: Services, policy: AccessPolicy, reader: Reader, shown: Shown) -> None:
    """Add a line to the access log, and anchor its head if the last anchor is old.

    Raises
    ------
    OSError
        If the line can't be written: nobody reads what can't be put on record.
    """
    log = AccessLog(services.lake)
    log.append(AccessEvent(
        at=services.clock(), user=reader.user, role=str(reader.role), dataset=shown.dataset,
        action=shown.action, purpose=reader.purpose or "", rows=shown.rows, about=shown.about,
    ))  # fmt: skip
    if _is_due(services, timedelta(minutes=policy.log.anchor_minutes)):
        try:
            anchor_log(services)
        except (OSError, RegistryError):
            # The line is on disk and its head is signed; the next read tries to anchor again, and
            # `assay access verify` says how old the last anchor is.
            return


def anchor_log(services: Services) -> bool:
    """Put the signed head of the log into the registry's Git remote; whether there was one.

    Raises
    ------
    RegistryUnavailable
        If the remote doesn't answer.
    """
    log = AccessLog(services.lake)
    head = log.head_text()
    if head is None:
        return False
    now = services.clock()
    services.anchors.add(f"{BRANCHES}/{log.name}", head, now)
    write_text(log.path.with_name(_ANCHORED), now.isoformat())
    return True


def read_log(services: Services, dataset: str | None, last: int, reader: Reader) -> list[Entry]:
    """The newest lines of the log that a reader may see, the newest last.

    Raises
    ------
    AccessError
        If a data set is named, and the reader hasn't the right ``read_log`` on it.
    """
    from assay.stages.access._door import check_right, may

    if dataset is not None:
        check_right(services, dataset, "read_log", reader)
    shown: dict[str, bool] = {}
    found = deque[Entry](maxlen=last)
    for entry in AccessLog(services.lake).entries():
        if dataset not in {None, entry.dataset}:
            continue
        if entry.dataset not in shown:
            shown[entry.dataset] = may(services, entry.dataset, "read_log", reader)
        if shown[entry.dataset]:
            found.append(entry)
    return list(found)


def verify_log(services: Services) -> LogCheck:
    """Check the chain of the access log, its signed head, and every anchor."""
    log = AccessLog(services.lake)
    own = f"{BRANCHES}/{log.name}" if log.began else ""
    anchored = services.anchors.branches(BRANCHES)
    found = check_log(log, services.anchors.texts(own) if own in anchored else [])
    others = (services.anchors.texts(branch)[-1] for branch in anchored if branch != own)
    said = [
        f"{head.log}, {head.lines} lines on {head.at}" for t in others if (head := open_head(t))
    ]
    return replace(found, others=tuple(said))


def _is_due(services: Services, period: timedelta) -> bool:
    path = AccessLog(services.lake).path.with_name(_ANCHORED)
    try:
        last = datetime.fromisoformat(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return True
    return abs(services.clock() - last) >= period
