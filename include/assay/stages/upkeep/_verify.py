"""Whether the registry still holds what its releases promise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from assay.records.versions import BatchVersion
from assay.stages.run.workspace import BatchWorkspace
from assay.stages.services import Services
from assay.versioning import Verification


def verify(services: Services, dataset: str | None = None, *, repair: bool = False) -> Verification:
    """Hash every object of every version again, and check all records.

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

    return services.registry.verify(dataset, copies if repair else None)
