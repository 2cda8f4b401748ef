"""Remove exactly the items of a plan, or nothing."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

from assay.errors import InputError, Problem, problems_error
from assay.lake import Lake
from assay.retention._inventory import (
    BATCH_ZONES,
    REMOVING,
    WRITTEN_ZONES,
    Inventory,
)
from assay.retention._plan import PlannedRemoval, RetentionPlan
from assay.retention._tree import measure_tree
from assay.verdict import Frozen


class RetentionResult(Frozen):
    """What a sweep removed; ``gone_before`` was removed by an earlier turn of the same plan.

    ``kept`` is what the plan names, too, and what isn't due any more: a hold came, or a run.
    ``versions`` have left the snapshot or the registry, ``objects`` went to the trash of its store,
    ``deleted`` ones were deleted there.
    """

    plan: str
    removed: tuple[str, ...]
    gone_before: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    files: int = 0
    bytes: int = 0
    versions: tuple[str, ...] = ()
    objects: int = 0
    deleted: int = 0


def apply_retention(
    plan: RetentionPlan, plan_hash: str, lake: Lake, inventory: Inventory
) -> RetentionResult:
    """Remove the items of a plan, and nothing else.

    Safe to repeat, and after a kill: an item leaves its place by one rename before its files are
    removed, and what a killed sweep took out is removed first by the next.

    Parameters
    ----------
    plan_hash : str
        The hash of the plan that was looked at.
    inventory : Inventory
        Taken just now: the plan is held against it before anything is removed.

    Raises
    ------
    InputError
        The hash is another plan's, or an item has changed or is needed now; nothing was removed.
    """
    if plan.hash != plan_hash:
        raise InputError(
            "this isn't the plan that was approved",
            got=plan_hash,
            do="Plan again and look at it.",
        )
    _remove_leftovers(lake)
    _refuse_changes(plan, inventory)
    present = {item.path for item in inventory.items}
    removed = []
    for index, removal in enumerate(plan.removals):
        if removal.path in present and _remove(lake, removal, plan_hash, index):
            removed.append(removal)
    paths = tuple(r.path for r in removed)
    return RetentionResult(
        plan=plan_hash,
        removed=paths,
        gone_before=tuple(r.path for r in plan.removals if r.path not in paths),
        files=sum(r.files for r in removed),
        bytes=sum(r.bytes for r in removed),
    )


def _refuse_changes(plan: RetentionPlan, inventory: Inventory) -> None:
    now = {item.path: item for item in inventory.items}
    problems = []
    for removal in plan.removals:
        item = now.get(removal.path)
        if item is None:
            continue
        if item.fingerprint != removal.fingerprint:
            problems.append(Problem("it changed since the plan was made", where=removal.path))
        elif item.needed_by:
            needed = ", ".join(item.needed_by)
            problems.append(Problem(f"it is needed now by {needed}", where=removal.path))
    if problems:
        again = Problem("nothing was removed", do="Plan again.")
        raise problems_error(InputError, [*problems, again])


def _remove(lake: Lake, removal: PlannedRemoval, plan_hash: str, index: int) -> bool:
    """Take one item out of its place, then remove it; False if it is gone already."""
    path = _inside(lake, removal)
    out = lake.make(removal.zone, f"{REMOVING}{plan_hash[:16]}", str(index))
    seen = measure_tree(path)
    if seen is None:
        return False
    if seen.fingerprint != removal.fingerprint:  # a last look, for a run that began just now
        raise InputError(
            "it changed while the plan was applied",
            where=removal.path,
            do="Plan again; what was removed before it was on the plan.",
        )
    path.rename(out)
    _discard(out.parent)
    return True


def _inside(lake: Lake, removal: PlannedRemoval) -> Path:
    """The item's path, if it is where an item of its zone lies: a plan may come from a file."""
    parts = removal.path.split("/")
    depth = 4 if removal.zone in BATCH_ZONES else 2
    folder = lake.home.resolve().joinpath(*parts[:-1])
    strange = parts[0] != removal.zone or len(parts) != depth or {"", ".", ".."} & set(parts)
    if strange or folder.resolve() != folder:  # a link would lead out of the zone
        raise InputError("the plan names what no sweep may remove", got=removal.path)
    return folder / parts[-1]


def _remove_leftovers(lake: Lake) -> None:
    for zone in (*BATCH_ZONES, *WRITTEN_ZONES):
        for folder in lake.path(zone).glob(f"{REMOVING}*"):
            _discard(folder)


def _discard(folder: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(folder)
