"""Reading the registry's records through a view, and writing them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from assay.errors import RegistryError
from assay.records.versions import BatchVersion, DatasetRecords, Derivation, Pointer, Snapshot
from assay.versioning._dvc import load_dvc
from assay.versioning._git import View
from assay.versioning._layout import (
    pointer_file,
    snapshot_file,
    snapshots_folder,
    version_file,
    versions_folder,
)

M = TypeVar("M", bound=BaseModel)


def load_version(view: View, dataset: str, batch: str, version: str) -> BatchVersion | None:
    """A version, None where the registry lacks it."""
    path = version_file(dataset, batch, version)
    content = view.read(path)
    return None if content is None else _version(path, content)


def load_versions(view: View, dataset: str, batch: str | None = None) -> tuple[BatchVersion, ...]:
    """All versions of a data set, or of one batch, by batch and time of commit."""
    found = view.read_all(versions_folder(dataset, batch))
    versions = [_version(path, content) for path, content in found.items()]
    return tuple(sorted(versions, key=lambda v: (v.batch, v.at, v.version)))


def load_pointer(view: View, dataset: str) -> Pointer | None:
    """The pointer, None before the first release."""
    return load_record(Pointer, view, pointer_file(dataset))


def load_snapshot(view: View, dataset: str, number: int) -> Snapshot | None:
    """One snapshot, None where there is none of that number."""
    return load_record(Snapshot, view, snapshot_file(dataset, number))


def load_snapshots(view: View, dataset: str) -> tuple[Snapshot, ...]:
    """All snapshots of a data set, by number."""
    snapshots = load_records(Snapshot, view, snapshots_folder(dataset))
    return tuple(sorted(snapshots, key=lambda s: s.number))


def load_lineage(path: Path) -> Derivation:
    """A version's derivation, from its object ``lineage``."""
    content = json.loads(path.read_bytes())
    for extra in ("dataset", "batch", "nonce"):
        content.pop(extra, None)
    return Derivation.model_validate(content)


def load_dataset(view: View, dataset: str, versions: Iterable[BatchVersion]) -> DatasetRecords:
    """All that the registry holds of a data set, with these as its live versions."""
    pointer = load_pointer(view, dataset)
    return DatasetRecords(
        versions=tuple(versions),
        snapshots=load_snapshots(view, dataset),
        pointer=pointer.snapshot if pointer else None,
    )


def render_record(record: BaseModel) -> bytes:
    """A record as JSON with sorted keys, a line an entry, so that Git stores only what changed."""
    return (json.dumps(record.model_dump(mode="json"), sort_keys=True, indent=1) + "\n").encode()


def load_record(model: type[M], view: View, path: str) -> M | None:
    """A record of the registry, None where there is no such file."""
    content = view.read(path)
    return None if content is None else _parsed(model, path, content)


def load_records(model: type[M], view: View, folder: str) -> tuple[M, ...]:
    """The records in a folder, in the order of their paths."""
    found = view.read_all(folder)
    return tuple(_parsed(model, path, content) for path, content in found.items())


def _parsed(model: type[M], path: str, content: bytes) -> M:
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        raise _broken(path, error) from error


def _version(path: str, content: bytes) -> BatchVersion:
    parts = PurePosixPath(path)
    try:
        return load_dvc(parts.parts[0], parts.parent.name, parts.stem, content)
    except (ValidationError, KeyError, TypeError, ValueError) as error:
        raise _broken(path, error) from error


def _broken(path: str, error: Exception) -> RegistryError:
    return RegistryError(
        "a record of the registry can't be read",
        where=path,
        got=str(error),
        expected="a file that only this program wrote",
        do="See who changed it: git log in a clone of the registry.",
    )
