"""Whether the store holds a version's bytes, asked before a run calls the version released."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from assay.errors import ObjectDamaged
from assay.reasons import ReasonCode
from assay.records.versions import BatchVersion
from assay.stages.incidents import close_damage, report_damage
from assay.stages.run._run import Run


def put_back_damaged(run: Run) -> tuple[str, ...]:
    """Hash the version's objects in the store; put damaged ones back from the run's files.

    Returns
    -------
    tuple of str
        The objects that were damaged and are whole again.

    Raises
    ------
    ObjectDamaged
        If an object is damaged and no file of the run has its bytes.
    """
    registry = run.services.registry
    version = registry.find(run.dataset, run.batch, run.version)
    damages = registry.verify_version(version, _copies(run)) if version else ()
    lost = [f"{d.object}: {d.what}" for d in damages if not d.repaired]
    if lost:
        error = ObjectDamaged(
            f"{ReasonCode.OBJECT_DAMAGED}: the store doesn't hold the version's bytes, so it isn't "
            "released by this run",
            where=f"{run.dataset} {run.batch} {run.version}",
            got=", ".join(lost),
            do=f"Put them back as {ReasonCode.OBJECT_DAMAGED.runbook} says: assay versions verify "
            f"{run.dataset} --repair.",
        )
        report_damage(run.services, run.dataset, run.batch, error)
        raise error
    close_damage(run.services, run.dataset, run.batch)
    return tuple(d.object or "" for d in damages)


def is_sound(run: Run) -> bool:
    """Whether the store holds the version whole."""
    registry = run.services.registry
    version = registry.find(run.dataset, run.batch, run.version)
    return version is not None and not registry.verify_version(version)


def _copies(run: Run) -> Callable[[BatchVersion, str], Iterator[Path]]:
    files = run.workspace.stored()

    def copies(_: BatchVersion, name: str) -> Iterator[Path]:
        if name in files:
            yield files[name]

    return copies
