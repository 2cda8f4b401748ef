"""The registry checked again, and the catalog's index restored from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from assay.records.versions import Acceptance, BatchVersion, DatasetRecords, VersionDetails
from assay.stages.incidents import close_rewound
from assay.stages.run import lineage_edges
from assay.stages.run.workspace import BatchWorkspace
from assay.stages.services import Services
from assay.stages.versions._cleaning import derived_columns
from assay.verdict import Verdict
from assay.versioning import RegistryUnavailable, Verification

_ATTEMPTS: Final = 20
Judged = Mapping[str, datetime]


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


class _MovedOn(Exception):  # noqa: N818 - no error: read it again
    """The registry got another commit while it was read."""


def accept_history(services: Services, *, reason: str, author: str) -> Acceptance | None:
    """Go on from the registry as it is, though its history doesn't follow from the last one seen.

    It is on record in the registry and the catalog. Afterwards the catalog is to be rebuilt.

    Returns
    -------
    Acceptance or None
        None where nothing was lost: then nothing is on record either.
    """
    return services.registry.accept_history(reason=reason, author=author, at=services.clock())


def rebuild_catalog(services: Services) -> dict[str, int]:
    """Restore versions with their lineage and verdicts, snapshots and pointers.

    Releases may go on meanwhile: what they add to the registry while it is read is read as well.

    Returns
    -------
    dict
        Data set → how many versions it has.

    Raises
    ------
    HistoryRewound
        If the registry's history was rewound: an index of what is left would hide the loss.
    RegistryUnavailable
        If the registry is never still for long enough.
    """
    services.registry.check_history()
    close_rewound(services)
    known: dict[tuple[str, str, str], tuple[Judged, VersionDetails]] = {}
    for _ in range(_ATTEMPTS):
        head = services.registry.head()
        held = services.registry.records()
        details = _read_details(services, held, known)
        try:
            with services.catalog.transaction():
                services.catalog.rebuild(held, details, at=services.clock())
                # A release writes to Git first and then waits for this transaction to end: either
                # its commit is seen here, or its own record in the catalog comes after.
                if services.registry.head() != head:
                    raise _MovedOn
        except _MovedOn:
            continue
        return {name: len(records.versions) for name, records in held.items()}
    raise RegistryUnavailable(f"the registry changed {_ATTEMPTS} times while it was read")


def _read_details(
    services: Services,
    held: Mapping[str, DatasetRecords],
    known: dict[tuple[str, str, str], tuple[Judged, VersionDetails]],
) -> dict[tuple[str, str, str], VersionDetails]:
    """What the objects of each version say; ``known`` has what an earlier attempt has read."""
    for version in (v for records in held.values() for v in records.versions):
        key = (version.dataset, version.batch, version.version)
        if key not in known or known[key][0] != version.judged:
            known[key] = (version.judged, _details(services, version))
    return {key: details for key, (_, details) in known.items()}


def _details(services: Services, version: BatchVersion) -> VersionDetails:
    key = (version.dataset, version.batch, version.version)
    verdicts = services.registry.verdicts(*key)
    return VersionDetails(
        lineage=tuple(lineage_edges(version.dataset, services.registry.lineage(*key))),
        verdicts=tuple(
            (Verdict.model_validate(verdicts[gate]), at)
            for gate, at in sorted(version.judged.items(), key=lambda pair: pair[1])
        ),
        derived=derived_columns(services, *key),
    )
