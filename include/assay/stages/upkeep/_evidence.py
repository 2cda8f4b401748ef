"""The end of a sweep: what a versioned bucket keeps is deleted, and all that went is looked for."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

from assay.errors import AssayError
from assay.lake import write_text
from assay.retention import RetentionPlan, RetentionResult
from assay.retention.evidence import Evidence, Searched, render_evidence_page
from assay.stages.run._audit import ZONE as AUDIT
from assay.stages.services import Services

_PAST: Final = "past versions"
_PLACES: Final = {
    "objects": "objects in the store",
    "trash": "objects in its trash",
    "copies": "cached copies",
    _PAST: "past versions in the store",
}


def keep_evidence(
    services: Services, plan: RetentionPlan, result: RetentionResult, spared: Collection[str]
) -> Evidence:
    """Delete past versions of what a plan deleted, search for what should be gone, and keep it.

    Safe to repeat: the evidence is of the last search.

    Parameters
    ----------
    plan : RetentionPlan
        The whole plan, as it was kept before anything was removed.
    spared : collection of str
        Objects of the plan's trash that a rule keeps by now.
    """
    purged, why = _purge(services, unpurged(services, plan))
    found = Evidence(
        plan=result.plan,
        at=services.clock(),
        files=result.files,
        bytes=result.bytes,
        versions=len(result.versions),
        set_aside=result.objects,
        deleted=result.deleted,
        purged=purged,
        kept=len(result.kept),
        searched=(
            *_search_zones(services, plan, result),
            *_search_versions(services, plan, result),
            *_search_store(services, {*plan.trash} - {*spared}, why),
        ),
    )
    write_text(_path(services, f"{result.plan}.evidence.html"), render_evidence_page(found))
    write_text(_path(services, f"{result.plan}.evidence.json"), found.model_dump_json(indent=1))
    return found


def read_evidence(services: Services, plan_hash: str) -> Evidence | None:
    """The evidence of a sweep; None where it wasn't finished, or before there was any."""
    path = _path(services, f"{plan_hash}.evidence.json")
    if not path.is_file():
        return None
    return Evidence.model_validate_json(path.read_text(encoding="utf-8"))


def unpurged(services: Services, plan: RetentionPlan) -> set[str]:
    """Objects that this and earlier plans deleted, where no evidence says that nothing is left.

    A sweep that was killed between deleting and purging leaves its rest to the next one. What a
    version needs, or what came back, is never among them.
    """
    deleted = set(plan.trash)
    for path in services.lake.path("retention").glob("*.json"):
        if len(path.stem) == 64 and not _is_clean(services, path.stem):
            kept = RetentionPlan.model_validate_json(path.read_text(encoding="utf-8"))
            deleted.update(kept.trash)
    if not deleted:
        return deleted
    return deleted - services.registry.removal.needed() - services.catalog.objects.needed()


def _is_clean(services: Services, plan_hash: str) -> bool:
    found = read_evidence(services, plan_hash)
    return found is not None and found.clean


def _purge(services: Services, hashes: Collection[str]) -> tuple[int, str | None]:
    """Delete past versions; how many, and why it can't be done where it can't."""
    try:
        return services.registry.trash.purge(hashes), None
    except AssayError as error:
        return 0, str(error)


def _search_zones(
    services: Services, plan: RetentionPlan, result: RetentionResult
) -> Iterator[Searched]:
    """Files and folders of the zones, and what a killed sweep may have left of them."""
    gone = [r for r in plan.removals if r.path not in result.kept]
    there = [r for r in gone if os.path.lexists(services.lake.home.joinpath(r.path))]
    yield Searched(place="files", looked_for=len(gone), found=len(there))
    leftovers = list(services.lake.home.glob("*/.removing-*"))
    yield Searched(place="leftovers of sweeps", looked_for=0, found=len(leftovers))


def _search_versions(
    services: Services, plan: RetentionPlan, result: RetentionResult
) -> Iterator[Searched]:
    """Versions that ended: no reader is given them, and what lay beside them is gone."""
    ended = [v for v in plan.versions if "remove" in v.actions and v.name in result.versions]
    datasets = {v.dataset for v in ended}
    live = {v.version for name in datasets for v in services.registry.versions(name)}
    found = [v for v in ended if v.version in live]
    yield Searched(place="registry versions", looked_for=len(ended), found=len(found))
    keys = [(v.dataset, v.batch, v.version) for v in ended]
    audits = [key for key in keys if services.lake.path(AUDIT, *key).exists()]
    yield Searched(place="audit partitions", looked_for=len(keys), found=len(audits))


def _search_store(services: Services, deleted: set[str], why: str | None) -> Iterator[Searched]:
    """Objects that were deleted: in their place, in the trash, in the cache, as past versions."""
    trash = services.registry.trash
    why = why or (None if trash.lists_versions else "this store's client lists no past versions")
    if deleted:
        deleted = deleted - services.registry.removal.needed()
    left = trash.left_of(deleted)
    for place, name in _PLACES.items():
        unsearched = why if deleted and place == _PAST else None
        found = None if unsearched else left.get(place, 0)
        yield Searched(place=name, looked_for=len(deleted), found=found, why=unsearched)


def _path(services: Services, name: str) -> Path:
    return services.lake.path("retention", name)
