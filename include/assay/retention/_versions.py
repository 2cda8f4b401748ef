"""Which versions of the registry are past their period, and what becomes of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Literal

from assay.policy.retention import CountsFrom, Period, ReleasedPeriod, RetentionPolicy
from assay.retention._period import days_after, kept_for, start_of
from assay.verdict import Frozen

Action = Literal["withdraw", "archive", "remove"]


@dataclass(frozen=True, slots=True)
class VersionItem:
    """One version that the registry holds, light enough for hundreds of thousands.

    Its moments are those that a period may count from.

    Parameters
    ----------
    pointed : bool
        Whether readers get it now.
    spans : tuple of (int, int or None)
        First and last number of each run of snapshots that hold it; None where it goes on.
    working : str, optional
        The run that works on its batch now, or that reads it.
    stay : date, optional
        Until when it was brought back from the archive.
    """

    dataset: str
    batch: str
    version: str
    landed_at: datetime
    released_at: datetime | None = None
    batch_end: datetime | None = None
    pointed: bool = False
    spans: tuple[tuple[int, int | None], ...] = ()
    working: str | None = None
    stay: date | None = None
    bytes: int = 0


class PlannedVersion(Frozen):
    """What becomes of one version, since when its period counts, and when it ended."""

    dataset: str
    batch: str
    version: str
    actions: tuple[Action, ...]
    counts_from: CountsFrom
    since: datetime
    due: datetime
    why: str
    bytes: int = 0

    @property
    def name(self) -> str:
        """How a plan names it."""
        return _name(self)


class DelayedVersion(Frozen):
    """A version whose period has ended and that something keeps."""

    name: str
    due: datetime
    kept_by: tuple[str, ...]


def plan_versions(
    items: Iterable[VersionItem],
    policies: Mapping[str, RetentionPolicy],
    latest: Mapping[str, int],
    now: datetime,
) -> tuple[tuple[PlannedVersion, ...], tuple[DelayedVersion, ...]]:
    """Decide what becomes of each version; pure.

    A version whose period has ended leaves the released snapshot. It is archived or removed when no
    rollback point holds it any more, and at the end of the grace period whatever holds it.

    Parameters
    ----------
    latest : mapping
        Data set → the highest snapshot number. The policy's ``rollback_points`` highest ones are
        rollback points, the released one among them if something leaves it.

    Notes
    -----
    legal hold > statutory minimum > a stay > maximum age > rollback point. A later moment never
    decides for less, as long as holds and stays don't change.
    """
    planned: list[PlannedVersion] = []
    delayed: list[DelayedVersion] = []
    for item in sorted(items, key=lambda i: (i.dataset, i.batch, i.version)):
        policy = policies.get(item.dataset)
        if policy is None or policy.versions is None:
            continue
        released = policy.versions.released
        period = released if item.spans else policy.versions.unreleased
        counts_from, since = start_of(item, period)
        due = _due(item, since, period, policy.versions.min_age_days)
        if due > now:
            continue
        keepers = [f"legal hold: {h.reason}" for h in policy.held(item.batch, now.date())]
        keepers += [f"run {item.working}"] if item.working else []
        if keepers:
            delayed.append(DelayedVersion(name=_name(item), due=due, kept_by=tuple(keepers)))
            continue
        points = _rollback_points(item, released, latest.get(item.dataset, 0))
        waits = bool(points) and now < days_after(due, released.grace_days)
        if waits and not item.pointed:
            kept = (f"rollback to snapshot {points[-1]}, until the grace period ends",)
            delayed.append(DelayedVersion(name=_name(item), due=due, kept_by=kept))
            continue
        actions = _actions(item, released, waits)
        planned.append(_planned(item, actions, period, counts_from, since, due))
    return tuple(planned), tuple(delayed)


def _name(one: VersionItem | PlannedVersion) -> str:
    return f"{one.dataset} {one.batch} {one.version[:12]}"


def _due(item: VersionItem, since: datetime, period: Period, least: int) -> datetime:
    due = days_after(since, max(period.max_age_days, least))
    if item.stay is None:
        return due
    return max(due, days_after(datetime.combine(item.stay, time(), tzinfo=UTC), 1))


def _rollback_points(item: VersionItem, released: ReleasedPeriod, latest: int) -> list[int]:
    """The snapshots to roll back to that hold the version."""
    newest = latest + 1 if item.pointed else latest  # one that it leaves becomes a rollback point
    points = range(max(1, newest - released.rollback_points), newest)
    return [n for n in points if any(a <= n and (b is None or n <= b) for a, b in item.spans)]


def _actions(item: VersionItem, released: ReleasedPeriod, waits: bool) -> tuple[Action, ...]:
    leaves: tuple[Action, ...] = ("withdraw",) if item.pointed else ()
    if waits:
        return leaves
    ends: tuple[Action, ...] = ("archive",) if released.then == "archive" and item.spans else ()
    return (*leaves, *ends, "remove")


def _planned(
    item: VersionItem,
    actions: tuple[Action, ...],
    period: Period,
    counts_from: CountsFrom,
    since: datetime,
    due: datetime,
) -> PlannedVersion:
    kind = "released versions are" if item.spans else "versions that were never released are"
    return PlannedVersion(
        dataset=item.dataset,
        batch=item.batch,
        version=item.version,
        bytes=item.bytes,
        actions=actions,
        counts_from=counts_from,
        since=since,
        due=due,
        why=f"{kind} {kept_for(period, counts_from)}",
    )
