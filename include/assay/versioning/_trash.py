"""The trash of an object store: what no version needs lies aside for a time before it is deleted.

An object moves to ``trash/`` of the same remote, with a record beside it of what it is and why it
went. The record is written first and removed last, so that nothing lies aside without one.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from assay.errors import RegistryError
from assay.lake import clear_aside, private_folder
from assay.records.trash import TrashedObject
from assay.records.versions import StoredObject
from assay.versioning._dvc import ObjectStore
from assay.versioning._past_versions import past_versions, purge_versions

_AT_ONCE: Final = 8


class Trash:
    """Objects that were set aside; every method is safe to repeat, and after a kill at any line."""

    def __init__(self, objects: ObjectStore, scratch: Path) -> None:
        self._objects = objects
        self._scratch = scratch

    def put(self, entry: TrashedObject) -> None:
        """Set an object aside; nobody is given it from here on."""
        place = self._place(entry.md5)
        with private_folder(self._scratch / "commits") as folder, self._objects.answering():
            if self._fs.protocol == "local":
                clear_aside(Path(place).parent)  # what a killed sweep has left of a record
            record = folder / "record.json"
            record.write_text(entry.model_dump_json(indent=1) + "\n", encoding="utf-8")
            self._fs.put_file(str(record), f"{place}.json")
            self._move(self._objects.place(entry.md5), place)
        self._objects.forget(entry.md5)

    def find(self) -> tuple[TrashedObject, ...]:
        """All that lies aside, by when it went."""
        with self._objects.answering(), ThreadPoolExecutor(_AT_ONCE) as pool:
            paths = {*self._fs.find(self._root)} if self._fs.exists(self._root) else set()
            records = [p for p in paths if p.endswith(".json") and p.removesuffix(".json") in paths]
            contents = list(pool.map(self._fs.cat_file, records))
        found = map(_parsed, records, contents)
        return tuple(sorted(found, key=lambda e: (e.at, e.md5)))

    def restore(self, hashes: Collection[str]) -> list[str]:
        """Put these objects back in their places, as far as they lie aside."""
        back = []
        for entry in self.find():
            if entry.md5 not in hashes:
                continue
            place, target = self._place(entry.md5), self._objects.place(entry.md5)
            with self._objects.answering():
                self._move(place, target)
                self._fs.rm_file(f"{place}.json")
            back.append(entry.md5)
        return back

    def delete(self, hashes: Collection[str]) -> list[str]:
        """Delete these objects for good, as far as they lie aside."""
        gone = [entry.md5 for entry in self.find() if entry.md5 in hashes]
        for md5 in gone:
            with self._objects.answering():
                self._fs.rm_file(self._place(md5))
                self._fs.rm_file(f"{self._place(md5)}.json")
            self._objects.forget(md5)
        return gone

    def purge(self, hashes: Collection[str]) -> int:
        """Delete what a versioned bucket keeps of objects that are gone; return how many versions.

        What lies in its place, or aside, stays as it is, with its past versions.
        """
        if self._fs.protocol != "s3":
            return 0
        gone = self._gone(hashes)
        with self._objects.answering():
            return sum(purge_versions(self._fs, p) for md5 in gone for p in self._places(md5))

    @property
    def lists_versions(self) -> bool:
        """Whether it can be seen what the store keeps of deleted objects."""
        return self._fs.protocol in {"local", "s3"}

    def left_of(self, hashes: Collection[str]) -> dict[str, int]:
        """Where there is still something of objects that should be gone: place → how many."""
        left: dict[str, int] = {"objects": 0, "trash": 0, "copies": 0, "past versions": 0}
        for md5 in sorted(hashes):
            at, aside, record = self._places(md5)
            with self._objects.answering():
                left["objects"] += self._fs.exists(at)
                left["trash"] += self._fs.exists(aside) or self._fs.exists(record)
                if self.lists_versions:
                    places = (at, aside, record)
                    left["past versions"] += sum(len(past_versions(self._fs, p)) for p in places)
            left["copies"] += self._objects.is_cached(md5)
        return {place: count for place, count in left.items() if count}

    def _gone(self, hashes: Collection[str]) -> list[str]:
        """Those of which neither the place nor the trash holds anything."""
        with self._objects.answering():
            return [m for m in sorted(hashes) if not any(map(self._fs.exists, self._places(m)))]

    def _places(self, md5: str) -> tuple[str, str, str]:
        """An object's place, its place in the trash, and its record there."""
        aside = self._place(md5)
        return self._objects.place(md5), aside, f"{aside}.json"

    @property
    def _fs(self) -> Any:
        return self._objects.client

    @property
    def _root(self) -> str:
        return str(self._fs.join(self._objects.root, "trash"))

    def _place(self, md5: str) -> str:
        return str(self._fs.join(self._root, md5[:2], md5[2:]))

    def _move(self, source: str, target: str) -> None:
        """Move an object within the store; what was moved already stays where it is."""
        if not self._fs.exists(source) and self._fs.exists(target):
            return
        if self._fs.protocol == "local":
            Path(target).parent.mkdir(parents=True, exist_ok=True)
            Path(source).replace(target)
            os.utime(target)  # as a copy in an object store: it is as young as its place
            return
        self._fs.copy(source, target)
        self._fs.rm_file(source)


def kept_whole(objects: ObjectStore, stored: StoredObject) -> None:
    """Refuse an object that came back with other bytes.

    Raises
    ------
    RegistryError
        If the store doesn't hold its bytes.
    """
    if (what := objects.damage(stored)) is not None:
        raise RegistryError(
            "an object in the trash isn't what it was", where=stored.file, got=what,
            expected=f"MD5 {stored.md5}", do="Restore it from a backup of the store.",
        )  # fmt: skip


def _parsed(path: str, content: bytes) -> TrashedObject:
    try:
        return TrashedObject.model_validate_json(content)
    except ValidationError as error:
        raise RegistryError(
            "a record of the trash can't be read", where=path, got=str(error),
            expected="a file that only this program wrote",
        ) from error  # fmt: skip
