"""The part of a begun plan that is still to be done."""

from __future__ import annotations

from dataclasses import dataclass

from assay.retention._inventory import Inventory
from assay.retention._plan import RetentionPlan
from assay.retention._versions import Action, PlannedVersion, VersionItem


@dataclass(frozen=True)
class Remainder:
    """A begun plan, without the items that are still there and no longer due.

    Parameters
    ----------
    plan : RetentionPlan
        The items to remove; those that are gone already are safe to repeat.
    kept : tuple of str
        Items of the begun plan that something keeps now.
    finished : bool
        Whether no item of the begun plan is left.
    """

    plan: RetentionPlan
    kept: tuple[str, ...]
    finished: bool


def plan_remainder(begun: RetentionPlan, due: RetentionPlan, inventory: Inventory) -> Remainder:
    """Compare a begun plan with the plan of this moment; pure.

    What has left its place is finished. What is still there goes only if it is due now as well: a
    legal hold, a run, or a stay that came since the plan was made keeps it.

    Parameters
    ----------
    begun : RetentionPlan
        The plan of a sweep that was interrupted, or that is asked for again.
    due : RetentionPlan
        Planned from ``inventory``.
    inventory : Inventory
        Taken just now.
    """
    places = {item.path for item in inventory.items}
    there = [r for r in begun.removals if r.path in places]
    goes = {(r.path, r.fingerprint) for r in due.removals}
    kept = [r.path for r in there if (r.path, r.fingerprint) not in goes]
    found = {_key(v): v for v in inventory.versions}
    actions = {_key(v): v.actions for v in due.versions}
    versions, unfinished = [], False
    for one in begun.versions:
        left = _left(one, found.get(_key(one)))
        unfinished |= bool(left)
        if actions.get(_key(one), ())[: len(left)] == left:
            versions.append(one)
            continue
        kept.append(one.name)
        if done := one.actions[: -len(left)]:
            versions.append(one.model_copy(update={"actions": done}))
    return Remainder(
        plan=RetentionPlan(
            removals=tuple(r for r in begun.removals if r.path not in kept),
            versions=tuple(versions),
            objects=begun.objects,
            trash=tuple(md5 for md5 in begun.trash if md5 in due.trash),
        ),
        kept=tuple(kept),
        finished=not (there or unfinished or _objects_left(begun, inventory)),
    )


def _objects_left(begun: RetentionPlan, inventory: Inventory) -> bool:
    aside = {entry.md5 for entry in inventory.trash}
    return bool({*begun.objects} & {*inventory.objects} or {*begun.trash} & aside)


def _key(version: PlannedVersion | VersionItem) -> tuple[str, str, str]:
    return version.dataset, version.batch, version.version


def _left(planned: PlannedVersion, item: VersionItem | None) -> tuple[Action, ...]:
    """The actions of a planned version that are still to be done."""
    if item is None:
        return ()
    return tuple(a for a in planned.actions if a != "withdraw" or item.pointed)
