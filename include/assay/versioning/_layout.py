"""Paths in the registry's Git tree, and the patterns of their names."""

from __future__ import annotations

import re
from typing import Final

from assay.errors import RegistryError
from assay.records.versions import BATCH, DATASET, OBJECT, VERSION

_RULES: Final = {"dataset": DATASET, "batch": BATCH, "version": VERSION, "object name": OBJECT}


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


def versions_folder(dataset: str, batch: str | None = None) -> str:
    """Folder of a data set's versions, or of one batch's."""
    return _folder("versions", dataset, batch)


def version_file(dataset: str, batch: str, version: str) -> str:
    """The ``.dvc`` file of a version."""
    return f"{versions_folder(dataset, batch)}/{checked('version', version)}.dvc"


def snapshots_folder(dataset: str) -> str:
    """Folder of a data set's snapshots."""
    return _folder("snapshots", dataset)


def snapshot_file(dataset: str, number: int) -> str:
    """The file of one snapshot."""
    return f"{snapshots_folder(dataset)}/{int(number)}.json"


def tombstones_folder(dataset: str) -> str:
    """Folder of a data set's tombstones."""
    return _folder("tombstones", dataset)


def tombstone_file(dataset: str, batch: str, version: str) -> str:
    """The file of a version's tombstone."""
    return f"{_folder('tombstones', dataset, batch)}/{checked('version', version)}.json"


def pointer_file(dataset: str) -> str:
    """The file of a data set's pointer."""
    return f"{checked('dataset', dataset)}/pointer.json"


def _folder(kind: str, dataset: str, batch: str | None = None) -> str:
    folder = f"{checked('dataset', dataset)}/{kind}"
    return folder if batch is None else f"{folder}/{checked('batch', batch)}"
