"""The end of versions, and their return from the archive: where retention meets the registry."""

from __future__ import annotations

import shutil
import uuid
from collections import defaultdict
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Final

from assay.errors import RegistryError
from assay.lake import clear_aside, publish
from assay.records.versions import BatchVersion, VersionKey
from assay.retention import PlannedVersion, RetentionPlan
from assay.stages.index import follow_registry
from assay.stages.run._audit import ZONE as AUDIT
from assay.stages.services import Services
from assay.versioning import Disposal

_AUTHOR: Final = "retention sweep"
_RECORD: Final = "version.json"
_BEFORE: Final = ".before"
"""Names the archive that another one is about to replace."""


def end_versions(
    services: Services, plan: RetentionPlan, uploaded_before: datetime, disposal: Disposal
) -> tuple[tuple[str, ...], int]:
    """Apply a plan to the versions: withdraw, archive, bury, set aside; in that order.

    Each step looks at the registry first, so that repeating a plan does what is left of it.

    Returns
    -------
    names of the versions that have reached their end, and how many objects went to the trash
    """
    _withdraw(services, [v for v in plan.versions if "withdraw" in v.actions])
    ending = [v for v in plan.versions if "remove" in v.actions]
    stones = [s for d in {v.dataset for v in ending} for s in services.registry.tombstones(d)]
    buried = {stone.version for stone in stones if stone.removed}
    hashes, spared = set(plan.objects), set[str]()
    for one in ending:
        key, archived = (one.dataset, one.batch, one.version), "archive" in one.actions
        record = services.registry.removal.record(*key)
        if record is None:
            continue
        if archived and one.version not in buried:
            _archive(services, record)
        at = services.clock()
        try:
            services.registry.removal.bury(
                *key,
                why=one.why,
                archived=archived,
                at=at,
                fence=partial(_end, services, key, at),
            )
        except _Pinned:
            spared.add(one.name)
            continue
        services.catalog.versions.expire(*key)
        # What was kept for the fairness gate alone has no purpose without its version.
        audited = services.lake.path(AUDIT, *key)
        shutil.rmtree(audited, ignore_errors=True)
        hashes |= {stored.md5 for stored in record.objects.values()}
    removal = services.registry.removal
    aside = removal.set_aside(hashes, uploaded_before, disposal) if hashes else []
    return tuple(v.name for v in plan.versions if v.name not in spared), len(aside)


class _Pinned(Exception):  # noqa: N818 - no error: the next sweep looks again
    """A run has pinned the version since the plan was made."""


def _end(services: Services, key: VersionKey, at: datetime) -> None:
    """Decide that a version goes, unless a run reads it; on record before the registry says so."""
    if key in services.catalog.leases.pinned(services.clock()):
        services.catalog.objects.bring_back(key)
        raise _Pinned
    services.catalog.objects.end(key, at)


def _withdraw(services: Services, leaving: list[PlannedVersion]) -> None:
    """One snapshot a data set, without all that leaves it."""
    by_dataset: dict[str, dict[str, str]] = defaultdict(dict)
    for one in leaving:
        by_dataset[one.dataset][one.batch] = one.version
    for dataset, batches in by_dataset.items():
        reason = f"{len(batches)} batches have reached the end of their period"
        services.registry.removal.withdraw(
            dataset, batches, reason=reason, author=_AUTHOR, at=services.clock()
        )
        follow_registry(services)
        for batch, version in batches.items():
            services.catalog.versions.expire(dataset, batch, version)


def _archive(services: Services, version: BatchVersion) -> Path:
    """Copy a version's objects into the archive, whole or not at all.

    A version that came back and was judged again has other objects than the archive of its first
    end: that one stays until the new one is whole.
    """
    place = services.lake.make(*_archive_path(version))
    _put_back(place.parent)
    if _is_whole(services, place, version):
        return place
    clear_aside(place.parent, folders=True)  # what a killed sweep left
    aside = place.with_name(f".{version.version}.{uuid.uuid4().hex}")
    before = place.with_name(f".{version.version}{_BEFORE}")
    aside.mkdir(mode=0o700)
    try:
        for name, stored in version.objects.items():
            services.registry.fetch(
                version.dataset, version.batch, version.version, name, to=aside / stored.file
            )
        (aside / _RECORD).write_text(version.model_dump_json(indent=1), encoding="utf-8")
        if place.is_dir():
            place.rename(before)
        publish(aside, place)
        shutil.rmtree(before, ignore_errors=True)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return place


def _put_back(folder: Path) -> None:
    """Undo the replacements that were cut off between their two renames."""
    for before in folder.glob(f".*{_BEFORE}"):
        place = before.with_name(before.name[1:].removesuffix(_BEFORE))
        if not place.exists():
            before.rename(place)


def _is_whole(services: Services, place: Path, version: BatchVersion) -> bool:
    """Whether an archive has a version's record as it is now, and every object byte for byte."""
    record = place / _RECORD
    return (
        record.is_file()
        and record.read_text(encoding="utf-8") == version.model_dump_json(indent=1)
        and services.registry.removal.is_whole(version, _files(place, version))
    )


def _files(place: Path, version: BatchVersion) -> dict[str, Path]:
    return {name: place / stored.file for name, stored in version.objects.items()}


def _archive_path(version: BatchVersion) -> tuple[str, ...]:
    return "archive", version.dataset, version.batch, version.version


def restore_version(
    services: Services, dataset: str, batch: str, version: str | None, *, until: date,
    reason: str, author: str, release: bool = False,
) -> BatchVersion:  # fmt: skip
    """Bring a removed version back from the archive, or else from the trash, until a date.

    Parameters
    ----------
    version : str, optional
        Its id; needed where several versions of the batch were removed.
    until : date
        Last day on which the sweep leaves it alone.
    release : bool
        Whether readers get it again, in a new snapshot.

    Raises
    ------
    RegistryError
        If no such version was removed, or its files are missing or damaged in both.
    """
    found = _removed(services, dataset, batch, version)
    if until < services.clock().date():
        raise RegistryError("the date is past", got=until.isoformat(), expected="a day to come")
    at, files = services.clock(), _kept_files(services, found)
    services.registry.removal.bring_back(
        found, files, until=until, reason=reason, author=author, at=at
    )
    services.catalog.objects.bring_back((dataset, batch, found.version))
    services.catalog.versions.bring_back(dataset, batch, found.version)
    if release:
        why = f"restored: {reason}"
        services.registry.release(dataset, batch, found.version, reason=why, author=author, at=at)
    follow_registry(services)
    return found


def _kept_files(services: Services, version: BatchVersion) -> dict[str, Path]:
    place = services.lake.path(*_archive_path(version))
    if place.is_dir():
        return _files(place, version)
    files = services.registry.removal.raise_from_trash(version)
    if files is None:
        raise RegistryError(
            "neither the archive nor the trash holds this version",
            where=f"{version.dataset} {version.batch}", got=version.version,
            do="Bring its folder back from a backup of the archive, then call again.",
        )  # fmt: skip
    return files


def _removed(services: Services, dataset: str, batch: str, version: str | None) -> BatchVersion:
    stones = [t for t in services.registry.tombstones(dataset) if t.batch == batch]
    near = [t for t in stones if version is None or t.version.startswith(version)]
    if len(near) != 1:
        raise RegistryError(
            "no removed version" if not near else "several removed versions",
            where=f"{dataset} {batch}", got=version or batch,
            expected="one of: " + (", ".join(t.version for t in stones) or "none was removed"),
        )  # fmt: skip
    found = services.registry.removal.record(dataset, batch, near[0].version)
    if found is None:
        raise RegistryError("the registry has lost its record", got=near[0].version)
    return found
