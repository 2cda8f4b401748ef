"""Which versions of the registry are past their period, and what becomes of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Final, Literal

from assay.policy.retention import CountsFrom, Period, ReleasedPeriod, RetentionPolicy
from assay.retention._period import basis_of, days_after, kept_for, start_of
from assay.retention._precedence import Keeper, Rule, in_words, least_age, strongest
from assay.verdict import Frozen

Action = Literal["withdraw", "archive", "remove"]
UNCLASSIFIED: Final = "not classified"
"""A data set without classified columns."""


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
    basis: str | None = None
    classification: str = UNCLASSIFIED
    bytes: int = 0

    @property
    def name(self) -> str:
        """How a plan names it."""
        return _name(self)


class DelayedVersion(Frozen):
    """A version whose period has ended and that ``rule`` keeps, the strongest that does."""

    name: str
    due: datetime
    rule: Rule = "run at work"
    kept_by: tuple[str, ...]
    bytes: int = 0


def plan_versions(
    items: Iterable[VersionItem],
    policies: Mapping[str, RetentionPolicy],
    latest: Mapping[str, int],
    now: datetime,
    classes: Mapping[str, str] | None = None,
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
        due = days_after(since, period.max_age_days)
        if due > now:
            continue
        points = _rollback_points(item, released, latest.get(item.dataset, 0))
        goes = _goes(item, since, period, policy.versions.min_age_days)
        waits = bool(points) and now < days_after(goes, released.grace_days)
        keepers = [*_keepers(item, policy, now), *_ages(item, since, period, policy, now)]
        if not keepers and waits and not item.pointed:
            words = f"rollback to snapshot {points[-1]}, until the grace period ends"
            keepers = [("rollback point", words)]
        if keepers:
            delayed.append(_delayed(item, due, keepers))
            continue
        actions = _actions(item, released, waits)
        label = (classes or {}).get(item.dataset, UNCLASSIFIED)
        planned.append(_planned(item, actions, period, counts_from, since, goes, label))
    return tuple(planned), tuple(delayed)


def _keepers(item: VersionItem, policy: RetentionPolicy, now: datetime) -> list[Keeper]:
    """Holds of a version, and the run that works on it."""
    held = policy.held(item.batch, now.date())
    keepers: list[Keeper] = [("legal hold", f"legal hold: {h.reason}") for h in held]
    return keepers + ([("run at work", f"run {item.working}")] if item.working else [])


def _ages(
    item: VersionItem, since: datetime, period: Period, policy: RetentionPolicy, now: datetime
) -> list[Keeper]:
    """The statutory minimum, and a stay, as far as they last."""
    versions = policy.versions
    least = days_after(since, max(period.min_age_days, versions.min_age_days if versions else 0))
    keepers: list[Keeper] = [least_age(least)] if least > now else []
    if item.stay is not None and _stay_ends(item.stay) > now:
        keepers.append(("stay", f"brought back until {item.stay:%Y-%m-%d}"))
    return keepers


def _delayed(item: VersionItem, due: datetime, keepers: list[Keeper]) -> DelayedVersion:
    return DelayedVersion(
        name=_name(item),
        due=due,
        rule=strongest(keepers),
        kept_by=in_words(keepers),
        bytes=item.bytes,
    )


def _name(one: VersionItem | PlannedVersion) -> str:
    return f"{one.dataset} {one.batch} {one.version[:12]}"


def _goes(item: VersionItem, since: datetime, period: Period, least: int) -> datetime:
    """When its maximum age, its statutory minimum and its stay are over."""
    goes = days_after(since, max(period.max_age_days, period.min_age_days, least))
    return goes if item.stay is None else max(goes, _stay_ends(item.stay))


def _stay_ends(stay: date) -> datetime:
    return days_after(datetime.combine(stay, time(), tzinfo=UTC), 1)


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
    classification: str,
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
        basis=basis_of(period),
        classification=classification,
    )
