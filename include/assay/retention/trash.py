"""How long objects lie in the trash, and which of them are deleted now."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from assay.policy.retention import RetentionPolicy
from assay.records.trash import TrashedObject
from assay.retention._period import days_after
from assay.retention._precedence import Keeper, in_words, strongest
from assay.retention._versions import DelayedVersion


def trashed_until(
    policies: Mapping[str, RetentionPolicy], dataset: str | None, now: datetime
) -> datetime | None:
    """Until when an object that goes aside now can be brought back; None if no policy says it.

    Parameters
    ----------
    dataset : str or None
        The data set that it belongs to; without one, or where its policy says nothing, the longest
        time of all policies counts.
    """
    said = [p.trash_days for name, p in policies.items() if name == dataset and p.trash_days]
    days = max(said or [p.trash_days for p in policies.values() if p.trash_days], default=None)
    return None if days is None else days_after(now, days)


def plan_trash(
    trash: Iterable[TrashedObject],
    needed: Collection[str],
    policies: Mapping[str, RetentionPolicy],
    now: datetime,
) -> tuple[tuple[str, ...], tuple[DelayedVersion, ...]]:
    """Decide which objects of the trash are deleted, and which stay after their time; pure.

    Parameters
    ----------
    needed : collection of str
        Hashes that a version needs after all, so that they are to be brought back.

    Notes
    -----
    A hold on all batches of any data set keeps what belongs to none.
    """
    going: list[str] = []
    kept: list[DelayedVersion] = []
    for entry in trash:
        if entry.until > now:
            continue
        rules = [p for name, p in policies.items() if entry.dataset in {None, name}]
        holds = [hold for rule in rules for hold in rule.held(entry.batch, now.date())]
        keepers: list[Keeper] = [("legal hold", f"legal hold: {hold.reason}") for hold in holds]
        if entry.md5 in needed:
            back = "a version needs it: assay versions trash restore brings it back"
            keepers.append(("needed object", back))
        if keepers:
            kept.append(
                DelayedVersion(
                    name=entry.name,
                    due=entry.until,
                    rule=strongest(keepers),
                    kept_by=in_words(keepers),
                )
            )
        else:
            going.append(entry.md5)
    return tuple(sorted(going)), tuple(kept)
