"""Files on their way into the registry: hashed, and never without their nonce."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import uuid
from collections.abc import Collection
from pathlib import Path
from typing import Any, Final

from assay.errors import RegistryError
from assay.lake import publish
from assay.records.versions import StoredObject
from assay.versioning._ids import canonical

_BLOCK: Final = 1 << 20


def md5_of(path: Path) -> str:
    """MD5 of a file's bytes, as DVC names objects; it finds damage and proves nothing."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def load_stored(path: Path, name: str, nonce: str) -> StoredObject:
    """Hash a file that is to become an object.

    Raises
    ------
    RegistryError
        If the file doesn't hold its nonce: Git would then keep a hash by which a guess of the
        file's content could be confirmed for ever.
    """
    sought, tail, found = nonce.encode(), b"", False
    digest, size = hashlib.md5(usedforsecurity=False), 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            size += len(block)
            found = found or sought in tail + block
            tail = block[-len(sought) :]
    if not found:
        raise RegistryError(
            f"object {name!r} doesn't hold its nonce",
            where=str(path),
            expected="a file written with Registry.nonce(version, name)",
        )
    return StoredObject(file=name + path.suffix, md5=digest.hexdigest(), size=size)


def write_document(content: Any, nonce: str, path: Path) -> Path:
    """A JSON object in one spelling, with its nonce."""
    try:
        path.write_bytes(canonical({**content, "nonce": nonce}))
    except (TypeError, ValueError) as error:
        raise RegistryError("a document isn't JSON", where=path.name, got=str(error)) from error
    return path


def with_nonce(source: Path, nonce: str, folder: Path) -> Path:
    """The file itself; of a JSON object a copy that holds its nonce."""
    if source.suffix != ".json":
        return source
    try:
        content = json.loads(source.read_bytes())
    except ValueError as error:
        raise RegistryError("a document isn't JSON", where=str(source)) from error
    if not isinstance(content, dict):
        raise RegistryError("a JSON document must be an object", where=str(source))
    return write_document(content, nonce, folder / f"{uuid.uuid4().hex}.json")


def is_whole(path: Path, md5: str) -> bool:
    """Whether a file is there with the bytes of an object."""
    return path.is_file() and md5_of(path) == md5


def place(source: Path, md5: str, target: Path) -> Path:
    """Copy a verified object to where a caller wants it, at once or not at all."""
    if is_whole(target, md5):
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
    try:
        shutil.copyfile(source, aside)
        publish(aside, target)
    finally:
        aside.unlink(missing_ok=True)
    return target


def refuse_strangers(folder: Path, names: Collection[str]) -> None:
    """Refuse a folder that holds anything but these files, or what is left of writing them."""
    if not folder.is_dir() and (folder.exists() or folder.is_symlink()):
        raise RegistryError("isn't a folder", where=str(folder))
    ours = re.compile("|".join(rf"{re.escape(n)}|\.{re.escape(n)}\.[0-9a-f]{{32}}" for n in names))
    there = sorted(p.name for p in folder.iterdir()) if folder.exists() else []
    strangers = [name for name in there if not ours.fullmatch(name)]
    if strangers:
        raise RegistryError(
            "the folder holds files of something else",
            where=str(folder),
            got=strangers[0],
            expected="an empty folder, or an earlier checkout of the same snapshot",
        )
