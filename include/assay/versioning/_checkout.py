"""All partitions of one snapshot in a folder, and no file of another snapshot."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from assay.errors import RegistryError
from assay.records.versions import Snapshot, StoredObject
from assay.versioning._changes import no_version
from assay.versioning._dvc import ObjectStore
from assay.versioning._files import place
from assay.versioning._git import View
from assay.versioning._records import load_version
from assay.versioning._tombstones import snapshot_without, without_removed


def checked_out(
    view: View, objects: ObjectStore, snapshot: Snapshot, to: Path, *, partial: bool
) -> Snapshot:
    """Bring a snapshot's batches as ``<batch>.parquet``; see ``Registry.checkout``."""
    left, gone = without_removed(view, snapshot)
    if gone and not partial:
        raise snapshot_without(snapshot, gone)
    wanted: dict[str, StoredObject] = {}
    for batch, version in left.items():
        known = load_version(view, snapshot.dataset, batch, version)
        if known is None or "data" not in known.objects:
            raise no_version(snapshot.dataset, batch, version)
        stored = known.objects["data"]
        wanted[batch + Path(stored.file).suffix] = stored
    _refuse_strangers(to, set(wanted))
    for file, stored in sorted(wanted.items()):
        place(objects.get(stored), stored.md5, to / file)
    return snapshot.model_copy(update={"batches": left})


def _refuse_strangers(folder: Path, names: Collection[str]) -> None:
    strangers = sorted(p.name for p in folder.iterdir()) if folder.is_dir() else []
    strangers = [n for n in strangers if n not in names and not n.startswith(".")]
    if strangers:
        raise RegistryError(
            "the folder holds files of something else",
            where=str(folder),
            got=strangers[0],
            expected="an empty folder, or an earlier checkout of the same snapshot",
        )
