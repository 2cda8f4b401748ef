"""Which files and versions are past their maximum age, and why."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property

from assay.policy.retention import CountsFrom, Period, RetentionPolicy, WrittenPeriod
from assay.retention._inventory import Inventory, Item, SweptZone
from assay.retention._period import basis_of, due_by, kept_for, start_of
from assay.retention._precedence import Keeper, Rule, in_words, least_age, strongest
from assay.retention._versions import (
    UNCLASSIFIED,
    DelayedVersion,
    PlannedVersion,
    plan_versions,
)
from assay.retention.trash import plan_trash, trashed_until
from assay.verdict import Frozen


class PlannedRemoval(Frozen):
    """One item that is due: since when it counts, when it was due, and by which period."""

    path: str
    zone: SweptZone
    dataset: str | None
    batch: str | None
    counts_from: CountsFrom
    since: datetime
    due: datetime
    max_age_days: int
    why: str
    basis: str | None = None
    classification: str = UNCLASSIFIED
    files: int
    bytes: int
    fingerprint: str


class DelayedRemoval(Frozen):
    """One item that is due but that something keeps; ``rule`` is the strongest that does."""

    path: str
    due: datetime
    rule: Rule = "run at work"
    needed_by: tuple[str, ...]
    bytes: int = 0


class RetentionPlan(Frozen):
    """What a sweep would remove; nothing else, and nothing yet.

    Read ``removals`` for the files that go, ``versions`` for what becomes of versions, ``objects``
    for what the registry's store holds and no version needs, which goes to the trash, ``trash`` for
    what has lain there long enough and is deleted, ``delayed`` and ``kept`` for what would go but
    is needed, ``problems`` for what nobody is responsible for. ``hash`` names all that goes:
    applying takes it.
    """

    removals: tuple[PlannedRemoval, ...]
    versions: tuple[PlannedVersion, ...] = ()
    objects: tuple[str, ...] = ()
    trash: tuple[str, ...] = ()
    delayed: tuple[DelayedRemoval, ...] = ()
    kept: tuple[DelayedVersion, ...] = ()
    problems: tuple[str, ...] = ()

    @cached_property
    def hash(self) -> str:
        """SHA-256 over what goes; equal plans of different moments have the same."""
        goes = self.model_dump(mode="json", include={"removals", "versions", "objects", "trash"})
        text = json.dumps(goes, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def due(self) -> int:
        """How many things go."""
        return len(self.removals) + len(self.versions) + len(self.objects) + len(self.trash)


def plan_retention(
    inventory: Inventory,
    policies: Mapping[str, RetentionPolicy],
    now: datetime,
    classes: Mapping[str, str] | None = None,
) -> RetentionPlan:
    """Decide what is past its maximum age; pure.

    With the same inventory and policies a later moment never plans less.

    Parameters
    ----------
    policies : mapping
        Data set to its retention policy. What belongs to a data set without one stays, and is a
        problem.
    classes : mapping, optional
        Data set to the strictest class of its columns, for the plan's totals.

    Notes
    -----
    An item is due at ``since + max_age_days``, where ``since`` is the moment that the period
    counts from, and goes when its statutory minimum is reached, too. ``released_at`` of what was
    never released, and ``batch_end`` of what has no calendar, fall back on ``landed_at``. An item
    that something needs is delayed, whatever its age.
    """
    removals: list[PlannedRemoval] = []
    delayed: list[DelayedRemoval] = []
    problems = [f"{path}: no zone claims it" for path in inventory.unclaimed]
    problems += inventory.problems
    labels = classes or {}
    for item in inventory.items:
        period = _period(item, policies)
        if period is None:
            owner = f"data set {item.dataset!r}" if item.dataset else "any data set"
            problems.append(f"{item.path}: no period of {owner} for the zone {item.zone}")
            continue
        removal, goes = _removal(item, period, labels.get(item.dataset or "", UNCLASSIFIED))
        if removal.due > now:
            continue
        keepers = [*_needs(item), *_holds(item, policies, now)]
        keepers += [least_age(goes)] if goes > now else []
        if keepers:
            delayed.append(_delayed(removal, keepers))
        else:
            removals.append(removal)
    versions, kept = plan_versions(inventory.versions, policies, inventory.latest, now, labels)
    trash, spared = plan_trash(inventory.trash, inventory.needed, policies, now)
    objects = inventory.objects
    if objects and trashed_until(policies, None, now) is None:
        problems.append(
            f"{len(objects)} objects of the registry that no version needs: no policy has "
            "versions.trash_days, so they stay"
        )
        objects = ()
    return RetentionPlan(
        removals=tuple(removals),
        versions=versions,
        objects=objects,
        trash=trash,
        delayed=tuple(delayed),
        kept=(*kept, *spared),
        problems=tuple(problems),
    )


def _delayed(removal: PlannedRemoval, keepers: list[Keeper]) -> DelayedRemoval:
    return DelayedRemoval(
        path=removal.path,
        due=removal.due,
        rule=strongest(keepers),
        needed_by=in_words(keepers),
        bytes=removal.bytes,
    )


def _needs(item: Item) -> list[Keeper]:
    """What must have an item: a run that works on it, or a live snapshot."""
    return [("run at work" if n.startswith("run ") else "snapshot", n) for n in item.needed_by]


def _holds(item: Item, policies: Mapping[str, RetentionPolicy], now: datetime) -> list[Keeper]:
    if item.zone == "spill":
        return []  # no record of anything: what a killed engine had in memory
    day = now.date()
    held = [h for rules in _rules(item, policies) for h in rules.held(item.batch, day)]
    return [("legal hold", f"legal hold: {h.reason}") for h in held]


def _period(item: Item, policies: Mapping[str, RetentionPolicy]) -> Period | WrittenPeriod | None:
    periods = (getattr(rules.zones, item.zone) for rules in _rules(item, policies))
    return min(filter(None, periods), key=lambda p: p.max_age_days, default=None)


def _rules(item: Item, policies: Mapping[str, RetentionPolicy]) -> list[RetentionPolicy]:
    """The data set's own; those of all for what may be about any of them."""
    if item.dataset is None:
        return list(policies.values())
    return [policies[item.dataset]] if item.dataset in policies else []


def _removal(
    item: Item, period: Period | WrittenPeriod, classification: str
) -> tuple[PlannedRemoval, datetime]:
    """An item with its period, and when it may go."""
    counts_from, since = start_of(item, period)
    due, goes = due_by(since, period)
    names = {"path", "zone", "dataset", "batch", "files", "bytes", "fingerprint"}
    removal = PlannedRemoval(
        **item.model_dump(include=names),
        counts_from=counts_from,
        since=since,
        due=due,
        max_age_days=period.max_age_days,
        why=f"{item.zone} is {kept_for(period, counts_from)}",
        basis=basis_of(period),
        classification=classification,
    )
    return removal, goes
