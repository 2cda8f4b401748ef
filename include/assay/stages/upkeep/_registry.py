"""The registry checked again, and the catalog's index restored from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from assay.records.versions import Acceptance, BatchVersion, VersionDetails
from assay.stages.incidents import close_rewound
from assay.stages.index import follow_registry
from assay.stages.run import lineage_edges
from assay.stages.run.workspace import BatchWorkspace
from assay.stages.services import Services
from assay.stages.versions._cleaning import derived_in
from assay.verdict import Verdict
from assay.versioning import Verification

_PAGE: Final = 100
"""Versions whose objects are read for one transaction."""


def verify(services: Services, dataset: str | None = None, *, repair: bool = False) -> Verification:
    """Hash every object of every version again, and check all records, also against the catalog.

    Parameters
    ----------
    repair : bool
        Put damaged objects back from this machine's cache or working folders, where they are whole.
    """

    def copies(version: BatchVersion, name: str) -> Iterator[Path]:
        key = (version.dataset, version.batch, version.version)
        files = BatchWorkspace(services.lake, key).stored()
        if name in files:
            yield files[name]

    held = services.catalog.objects.find()
    return services.registry.verify(dataset, copies if repair else None, held)


def accept_history(services: Services, *, reason: str, author: str) -> Acceptance | None:
    """Go on from the registry as it is, though its history doesn't follow from the last one seen.

    It is on record in the registry and the catalog. Afterwards the catalog is to be rebuilt.

    Returns
    -------
    Acceptance or None
        None where nothing was lost: then nothing is on record either.
    """
    return services.registry.accept_history(reason=reason, author=author, at=services.clock())


def rebuild_catalog(
    services: Services, *, whole: bool = False, progress: Callable[[str], None] = lambda _: None
) -> dict[str, int]:
    """Bring the catalog's index of the registry up to it, and restore what else it lacks.

    Versions, snapshots and pointers come from the registry's records; lineage and verdicts from the
    objects of versions of which they aren't known; the release of a version that no run has
    recorded is recorded. All in pages, each its own transaction: releases go on meanwhile, and a
    rebuild that was killed is continued by the next. At last the catalog knows which objects
    versions need.

    Parameters
    ----------
    whole : bool
        Read the registry from the beginning. That is done, too, where the index has more or less
        than the registry.
    progress : callable, optional
        Is given what is done, as often as it changes.

    Returns
    -------
    dict
        Data set → how many versions it has.

    Raises
    ------
    HistoryRewound
        If the registry's history was rewound: an index of what is left would hide the loss.
    """
    services.registry.check_history()
    close_rewound(services)
    index = services.catalog.index

    def indexed(done: int, total: int) -> None:
        progress(f"registry: {done:,} of {total:,} records")

    if whole:
        index.clear()
    follow_registry(services, progress=indexed)
    if not index.agrees():
        index.clear()
        follow_registry(services, progress=indexed)
    _restore_details(services, progress)
    _restore_releases(services, progress)
    _keep_objects(services)
    return services.catalog.versions.counted()


def _restore_details(services: Services, progress: Callable[[str], None]) -> None:
    rebuild, done = services.catalog.rebuild, 0
    while versions := services.catalog.versions.undetailed(_PAGE):
        rebuild.add_details([(version, _details(services, version)) for version in versions])
        done += len(versions)
        progress(f"objects of {done:,} versions")


def _restore_releases(services: Services, progress: Callable[[str], None]) -> None:
    rebuild, done, after = services.catalog.rebuild, 0, None
    while released := rebuild.unrecorded(_PAGE, after):
        rebuild.add_releases(released, at=services.clock())
        after = (released[-1].dataset, released[-1].batch)
        done += len(released)
        progress(f"{done:,} releases")


def _keep_objects(services: Services) -> None:
    """Remember the objects of versions, so that from now on no edit of Git lets one go."""
    known = services.catalog.versions.committed()
    services.catalog.objects.learn_news({v.key: v.hashes for v in known if not v.removed})


def _details(services: Services, version: BatchVersion) -> VersionDetails:
    registry, objects = services.registry, version.objects
    lineage = registry.lineage_of(version)
    verdicts = registry.verdicts_of(version)
    state = objects.get("state")
    return VersionDetails(
        lineage=tuple(lineage_edges(version.dataset, lineage)),
        verdicts=tuple(
            (Verdict.model_validate(verdicts[gate]), at)
            for gate, at in sorted(version.judged.items(), key=lambda pair: pair[1])
            if gate in verdicts
        ),
        derived=derived_in(registry.open(state)) if state else {},
    )
