"""Paths in the registry's Git tree, and the patterns of their names.

A commit writes each folder on the way to its files again, so no folder may grow with the history:
batches are spread by three hexadecimal digits of a hash, snapshots lie a hundred to a folder.
Registries from before that have a folder for all; what is there is read, and nothing is written.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import PurePosixPath
from typing import Final, NamedTuple

from assay.errors import RegistryError
from assay.records.uses import USE_ID, UseKind
from assay.records.versions import BATCH, DATASET, OBJECT, VERSION

_RULES: Final = {
    "dataset": DATASET, "batch": BATCH, "version": VERSION, "object name": OBJECT, "use": USE_ID
}  # fmt: skip
_USES: Final = PurePosixPath(".assay/uses")
"""Below a hidden folder: each of the others at the top is a data set's."""


def checked(kind: str, name: str) -> str:
    """A name that may become a part of a path.

    Examples
    --------
    >>> checked("batch", "2013-02-04")
    '2013-02-04'
    >>> checked("batch", "../2013")
    Traceback (most recent call last):
    ...
    assay.errors.RegistryError: no valid batch. Got '../2013'. Expected ^[0-9A-Za-z][0-9A-Za-z_-]*$.
    """
    if not isinstance(name, str) or not re.fullmatch(_RULES[kind], name):
        raise RegistryError(f"no valid {kind}", got=name, expected=_RULES[kind])
    return name


class Place(NamedTuple):
    """Where a record is, and where an earlier layout had it."""

    path: str
    earlier: str


class Entry(NamedTuple):
    """What a file of the registry is a record of, wherever its layout puts it."""

    dataset: str
    kind: str
    name: str


def entry_of(path: str) -> Entry | None:
    """What a file is a record of; None for one that may change as it likes.

    Examples
    --------
    >>> entry_of("flights/snapshots/000/00/7.json")
    Entry(dataset='flights', kind='snapshots', name='7')
    >>> entry_of("flights/versions/2013-02-04/ab.dvc").name
    '2013-02-04/ab'
    >>> entry_of(".assay/uses/report/0/a/f/weekly.2013-02.json")
    Entry(dataset='.assay', kind='uses', name='report/weekly.2013-02')
    """
    parts = PurePosixPath(path)
    if parts.is_relative_to(_USES):
        kind, *_, name = parts.relative_to(_USES).parts
        return Entry(_USES.parts[0], "uses", f"{kind}/{name.removesuffix('.json')}")
    if len(parts.parts) == 1 or parts.parts[0] == ".dvc":
        return None
    dataset, kind = parts.parts[0], parts.parts[1]
    if len(parts.parts) == 2:
        return Entry(dataset, "file", parts.name)
    name = parts.stem if kind in {"snapshots", "maps"} else f"{parts.parent.name}/{parts.stem}"
    return Entry(dataset, kind, name)


def versions_folders(dataset: str, batch: str | None = None) -> tuple[str, ...]:
    """Folders of a data set's versions, or of one batch's."""
    return _folders("versions", dataset, batch)


def version_file(dataset: str, batch: str, version: str) -> Place:
    """The ``.dvc`` file of a version."""
    return _file("versions", dataset, batch, f"{checked('version', version)}.dvc")


def snapshots_folder(dataset: str) -> str:
    """Folder of a data set's snapshots, in both layouts."""
    return f"{checked('dataset', dataset)}/snapshots"


def snapshot_file(dataset: str, number: int) -> Place:
    """The file of one snapshot."""
    folder = snapshots_folder(dataset)
    return Place(f"{folder}/{_hundred(number)}/{number}.json", f"{folder}/{number}.json")


def maps_folder(dataset: str) -> str:
    """Folder of the maps of a data set's whole snapshots."""
    return f"{checked('dataset', dataset)}/maps"


def map_file(dataset: str, number: int) -> str:
    """The file of a whole snapshot's map."""
    return f"{maps_folder(dataset)}/{_hundred(number)}/{number}.json"


def tombstones_folders(dataset: str, batch: str | None = None) -> tuple[str, ...]:
    """Folders of a data set's tombstones, or of one batch's."""
    return _folders("tombstones", dataset, batch)


def tombstone_file(dataset: str, batch: str, version: str) -> Place:
    """The file of a version's tombstone."""
    return _file("tombstones", dataset, batch, f"{checked('version', version)}.json")


def uses_folder(kind: UseKind | None = None) -> str:
    """Folder of the uses of a kind, or of all."""
    return str(_USES / kind) if kind else str(_USES)


def use_file(kind: UseKind, name: str) -> str:
    """The file of one use."""
    spread = _spread(checked("use", name))
    return f"{uses_folder(kind)}/{spread}/{name}.json"


def pointer_file(dataset: str) -> str:
    """The file of a data set's pointer."""
    return f"{checked('dataset', dataset)}/pointer.json"


def _file(kind: str, dataset: str, batch: str, name: str) -> Place:
    now, earlier = _folders(kind, dataset, batch)
    return Place(f"{now}/{name}", f"{earlier}/{name}")


def _folders(kind: str, dataset: str, batch: str | None) -> tuple[str, ...]:
    folder = f"{checked('dataset', dataset)}/{kind}"
    if batch is None:
        return (folder,)
    return f"{folder}/{_spread(checked('batch', batch))}/{batch}", f"{folder}/{batch}"


def _spread(name: str) -> str:
    """Three folders, one in the other, that hold a 4096th of all names."""
    return "/".join(hashlib.sha256(name.encode()).hexdigest()[:3])


def _hundred(number: int) -> str:
    return f"{int(number) // 10_000:03}/{int(number) // 100 % 100:02}"
