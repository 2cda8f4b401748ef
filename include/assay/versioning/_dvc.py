"""The one door to DVC: its object stores, and the text of its ``.dvc`` files.

DVC's libraries are imported where they are used (0.3 s; 1 s more for S3, whose client is heavy).
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import urlsplit
from urllib.request import url2pathname

import yaml

from assay.errors import RegistryError
from assay.lake import private_folder, publish
from assay.records.versions import BatchVersion, StoredObject
from assay.versioning._files import md5_of
from assay.versioning._process import RegistryUnavailable, without_credentials

_MD5: Final = re.compile("[0-9a-f]{32}")
_READ_ONLY: Final = 0o444
_BLOCK: Final = 1 << 20
_CONNECT_S: Final = 20
_READ_S: Final = 60
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

REPOSITORY: Final[Mapping[str, bytes]] = {
    ".dvc/config": b"[core]\n    analytics = false\n",
    ".dvc/.gitignore": b"/config.local\n/tmp\n/cache\n",
}
"""What makes a Git repository a DVC repository; without the remote, whose address may change."""


class ObjectStore:
    """A DVC remote: objects under the MD5 of their bytes (``files/md5/ab/cdef…``)."""

    def __init__(self, remote: str, scratch: Path) -> None:
        self.remote = remote
        self._cache = scratch / "objects"
        self._opened: Any = None

    @property
    def _odb(self) -> Any:
        if self._opened is None:
            self._opened = _open_store(self.remote)
        return self._opened

    def add(self, path: Path, stored: StoredObject) -> None:
        """Upload a file, unless the remote has it whole.

        Bytes go under a temporary name first (a folder) or appear at once (an object store), so
        that a killed upload leaves nothing under the object's name.
        """
        target = self._odb.oid_to_path(stored.md5)
        with self.answering():
            if self._size(target) != stored.size:
                self._odb.fs.put_file(str(path), target)
                self._odb.protect(target)

    def names(self) -> set[str]:
        """The MD5 of every object that the remote holds.

        A temporary file of an upload that was killed isn't among them.
        """
        odb = self._odb
        with self.answering():
            paths = odb.fs.find(odb.path) if odb.fs.exists(odb.path) else ()
            named = {"".join(path.rsplit("/", 2)[-2:]) for path in paths}
        return {name for name in named if _MD5.fullmatch(name)}

    def written(self, md5: str) -> datetime | None:
        """When an object was written, None where it is gone."""
        with self.answering(), suppress(FileNotFoundError):
            return _written(self._odb.fs.info(self._odb.oid_to_path(md5)))
        return None

    def forget(self, md5: str) -> None:
        """Remove the copy of an object that is cached here."""
        (self._cache / md5[:2] / md5[2:]).unlink(missing_ok=True)

    def is_cached(self, md5: str) -> bool:
        """Whether a copy of an object is cached here."""
        return (self._cache / md5[:2] / md5[2:]).exists()

    @property
    def client(self) -> Any:
        """The store's client."""
        return self._odb.fs

    @property
    def root(self) -> str:
        """The remote as its client names it; objects are in ``files/md5`` below it."""
        return str(self.client.parent(self.client.parent(self._odb.path)))

    def place(self, md5: str) -> str:
        """Where an object is."""
        return str(self._odb.oid_to_path(md5))

    def get(self, stored: StoredObject) -> Path:
        """A local file that holds the object, its bytes verified; it must not be changed.

        It is the object itself where the remote is a folder, else a cached copy.
        """
        if self._odb.fs.protocol == "local":
            return self._verified(Path(self._odb.oid_to_path(stored.md5)), stored)
        cached = self.cached(stored)
        if cached.is_file() and md5_of(cached) == stored.md5:
            return cached
        cached.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with private_folder(self._cache.parent / "downloads") as folder:
            aside = folder / "object"
            with self.answering(), suppress(FileNotFoundError):  # _verified says that it is lost
                self._odb.fs.get_file(self._odb.oid_to_path(stored.md5), str(aside))
            self._verified(aside, stored).chmod(_READ_ONLY)
            publish(aside, cached)
        return cached

    def cached(self, stored: StoredObject) -> Path:
        """Where a copy of a remote object is cached; it may be damaged or absent."""
        return self._cache / stored.md5[:2] / stored.md5[2:]

    def damage(self, stored: StoredObject) -> str | None:
        """What is wrong with the remote's own copy of an object, read whole; None if nothing is."""
        target = self._odb.oid_to_path(stored.md5)
        digest, size = hashlib.md5(usedforsecurity=False), 0
        with self.answering():
            try:
                with self._odb.fs.open(target, "rb") as file:
                    while block := file.read(_BLOCK):
                        digest.update(block)
                        size += len(block)
            except FileNotFoundError:
                return "lost"
        if digest.hexdigest() == stored.md5:
            return None
        return f"{size} bytes instead of {stored.size}" if size != stored.size else "other bytes"

    def replace(self, path: Path, stored: StoredObject) -> None:
        """Put a verified file in the place of a damaged object."""
        target = self._odb.oid_to_path(stored.md5)
        with self.answering():
            if self._size(target) is not None:
                self._odb.fs.rm_file(target)
        self.add(path, stored)

    def _size(self, target: str) -> int | None:
        try:
            return int(self._odb.fs.size(target))
        except FileNotFoundError:
            return None

    def _verified(self, path: Path, stored: StoredObject) -> Path:
        try:
            found = md5_of(path)
        except FileNotFoundError as error:
            raise self._lost(stored, "nothing") from error
        if found != stored.md5:
            raise self._lost(stored, "other bytes")
        return path

    def damaged(self, stored: StoredObject, path: Path | None) -> RegistryError:
        """The error of a file that isn't the object that it should be."""
        return RegistryError(
            "a file doesn't hold the version's bytes",
            where=str(path) if path else stored.file,
            got="nothing" if path is None or not path.is_file() else "other bytes",
            expected=f"{stored.file} with MD5 {stored.md5}",
            do="Restore it from a backup of the archive.",
        )

    def _lost(self, stored: StoredObject, got: str) -> RegistryError:
        return RegistryError(
            "the object store doesn't hold the version's bytes",
            where=without_credentials(self.remote),
            got=got,
            expected=f"{stored.file} with MD5 {stored.md5}",
            do="Restore the object from a backup of the store.",
        )

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Turn the errors of a store's client, each of a kind of its own, into one."""
        try:
            yield
        except Exception as error:
            shown = without_credentials(f"{self.remote}: {error}")
            raise RegistryUnavailable(f"the object store didn't answer: {shown}") from error


def _written(info: Mapping[str, Any]) -> datetime:
    """When an object was written, as its store records it."""
    at = info.get("LastModified") or info.get("mtime") or info.get("updated") or info.get("created")
    if isinstance(at, datetime):
        return at if at.tzinfo else at.replace(tzinfo=UTC)
    return datetime.fromtimestamp(float(at or 0), tz=UTC)


def _open_store(remote: str) -> Any:
    scheme = urlsplit(remote).scheme
    url = url2pathname(urlsplit(remote).path) if scheme == "file" else remote
    # DVC's clients for clouds wrap the standard streams, for colours on Windows, when imported.
    streams = sys.stdout, sys.stderr
    try:
        from dvc_data.hashfile import db
        from dvc_objects import fs as clients

        known, choose = clients.known_implementations, cast("Any", clients.get_fs_cls)
        if "://" in url and scheme not in known:
            raise RegistryError(
                "no such kind of object remote",
                got=scheme,
                expected="a folder, or one of: " + ", ".join(sorted(known)),
            )
        kind = choose({"url": url})
    except ImportError as error:
        raise RegistryError("the object remote's client isn't installed", got=str(error)) from error
    finally:
        sys.stdout, sys.stderr = streams
    is_s3 = kind.protocol == "s3"
    timeouts = {"connect_timeout": _CONNECT_S, "read_timeout": _READ_S} if is_s3 else {}
    fs = kind(**kind._get_kwargs_from_urls(url), **timeouts)
    if is_s3:
        # Its client retries by itself (AWS_MAX_ATTEMPTS); retries of retries take an hour.
        fs.fs.retries = 1
    return cast("Any", db.get_odb)(
        fs, fs.join(kind._strip_protocol(url), "files", "md5"), hash_name="md5"
    )


def render_dvc(version: BatchVersion) -> bytes:
    """A version as a ``.dvc`` file: ``dvc pull`` brings its files into a folder of its id."""
    outs = [
        {"md5": o.md5, "size": o.size, "hash": "md5", "path": f"{version.version}/{o.file}"}
        for _, o in sorted(version.objects.items())
    ]
    meta: dict[str, Any] = {
        "objects": {name: o.file for name, o in sorted(version.objects.items())},
        "counts": dict(sorted(version.counts.items())),
        "at": version.at.isoformat(),
    }
    if version.judged:
        meta["judged"] = {gate: at.isoformat() for gate, at in sorted(version.judged.items())}
    text: str = yaml.dump({"outs": outs, "meta": meta}, Dumper=_DUMPER, sort_keys=False)
    return text.encode()


def load_dvc(dataset: str, batch: str, version: str, content: bytes) -> BatchVersion:
    """The version that a ``.dvc`` file describes."""
    parsed = yaml.load(content, Loader=_LOADER)  # noqa: S506 - the C twin of SafeLoader
    meta = parsed["meta"]
    outs = {out["path"].split("/", 1)[1]: out for out in parsed["outs"]}
    objects = {
        name: StoredObject(file=file, md5=outs[file]["md5"], size=outs[file]["size"])
        for name, file in meta["objects"].items()
    }
    return BatchVersion(
        dataset=dataset,
        batch=batch,
        version=version,
        objects=objects,
        counts=meta["counts"],
        at=datetime.fromisoformat(str(meta["at"])),
        judged={k: datetime.fromisoformat(str(v)) for k, v in meta.get("judged", {}).items()},
    )
