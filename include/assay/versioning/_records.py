"""Reading the registry's records through a view, and writing them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError

from assay.errors import RegistryError
from assay.records.versions import BatchVersion, Derivation, Pointer
from assay.versioning._dvc import load_dvc
from assay.versioning._git import View
from assay.versioning._layout import Place, pointer_file, version_file, versions_folders

M = TypeVar("M", bound=BaseModel)


_FORMAT: Final = 2
"""Written into each pointer: code that knows only the earlier layout stops at it."""


def load_version(view: View, dataset: str, batch: str, version: str) -> BatchVersion | None:
    """A version, None where the registry lacks it."""
    place = version_file(dataset, batch, version)
    content = view.read(*place)
    return None if content is None else parse_version(place.path, content)


def load_each(view: View, dataset: str, wanted: Mapping[str, str]) -> dict[str, BatchVersion]:
    """The versions of some batches, by batch, in one look; those that the registry lacks aren't."""
    places = [version_file(dataset, batch, version) for batch, version in wanted.items()]
    contents = iter(view.read_each(path for place in places for path in place))
    found = {}
    for batch, place in zip(wanted, places, strict=True):
        content = next((c for c in [next(contents) for _ in place] if c is not None), None)
        if content is not None:
            found[batch] = parse_version(place.path, content)
    return found


def load_versions(view: View, dataset: str, batch: str | None = None) -> tuple[BatchVersion, ...]:
    """All versions of a data set, or of one batch, by batch and time of commit."""
    found = view.read_all(*versions_folders(dataset, batch))
    versions = [parse_version(path, content) for path, content in found.items()]
    once = {(v.batch, v.version): v for v in versions}
    return tuple(sorted(once.values(), key=lambda v: (v.batch, v.at, v.version)))


def load_pointer(view: View, dataset: str) -> Pointer | None:
    """The pointer, None before the first release."""
    path = pointer_file(dataset)
    content = view.read(path)
    if content is None:
        return None
    record = json.loads(content)
    if record.pop("format", _FORMAT) != _FORMAT:
        raise RegistryError(
            "the registry was written by a newer version of Assay",
            where=path,
            do="Use that version, or a newer one, on every host.",
        )
    return parse_record(Pointer, path, json.dumps(record).encode())


def render_pointer(pointer: Pointer) -> bytes:
    """The pointer's file."""
    record = {**pointer.model_dump(mode="json"), "format": _FORMAT}
    return (json.dumps(record, sort_keys=True, indent=1) + "\n").encode()


def load_lineage(path: Path) -> Derivation:
    """A version's derivation, from its object ``lineage``."""
    content = json.loads(path.read_bytes())
    for extra in ("dataset", "batch", "nonce"):
        content.pop(extra, None)
    return Derivation.model_validate(content)


def render_record(record: BaseModel) -> bytes:
    """A record as JSON with sorted keys, a line an entry, so that Git stores only what changed."""
    return (json.dumps(record.model_dump(mode="json"), sort_keys=True, indent=1) + "\n").encode()


def load_record(model: type[M], view: View, place: Place) -> M | None:
    """A record of the registry, None where there is no such file."""
    content = view.read(*place)
    return None if content is None else parse_record(model, place.path, content)


def load_records(model: type[M], view: View, *folders: str) -> tuple[M, ...]:
    """The records in folders, in the order of their paths."""
    found = view.read_all(*folders)
    return tuple(parse_record(model, path, content) for path, content in found.items())


def parse_record(model: type[M], path: str, content: bytes) -> M:
    """A record, from the content of its file."""
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        raise _broken(path, error) from error


def parse_version(path: str, content: bytes) -> BatchVersion:
    """A version, from its ``.dvc`` file."""
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
