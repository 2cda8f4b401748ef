"""The file of the access log: lines are appended, each with the hash of the one before."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from assay.access.log._head import Head, log_name
from assay.access.log._people import People, opened
from assay.errors import InputError
from assay.keys import secret_file
from assay.lake import Lake, clear_aside, locked, write_text

ZONE: Final = "access_log"
_LINES: Final = "reads.jsonl"
_HEAD: Final = "head.json"
START: Final = "0" * 64
"""What the first line has in the place of the hash of the line before."""
_KEY: Final = ("access", "signing.key")
_BLOCK: Final = 65_536


@dataclass(frozen=True)
class AccessEvent:
    """Something that somebody did and that must be on record.

    Parameters
    ----------
    at : datetime
        With a zone.
    user : str
        User id; it is encrypted in the log.
    action : str
        A right of the access policy, such as ``read_released``.
    rows : int or None
        How many rows were shown.
    about : mapping
        What was read: snapshot, batches, versions. Never a value of the data.
    """

    at: datetime
    user: str
    role: str
    dataset: str
    action: str
    purpose: str
    rows: int | None = None
    about: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Entry:
    """A line of the log as people read it; ``user`` is None where their key is shredded."""

    n: int
    at: str
    user: str | None
    person: str
    role: str
    dataset: str
    action: str
    purpose: str
    rows: int | None
    about: Mapping[str, Any]


class AccessLog:
    """The access log of a home.

    Any number of processes of the machine may append at once, and may be killed at any line: a line
    is there whole, or the next writer removes what there is of it.
    """

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._path = lake.path(ZONE, _LINES)

    @property
    def path(self) -> Path:
        """The file of the lines."""
        return self._path

    @property
    def name(self) -> str:
        """The log's name, by which its anchors are found."""
        return log_name(self._key.public_key())

    @property
    def began(self) -> bool:
        """Whether the log has a key: it is made with the first line."""
        return self._lake.path("secrets", *_KEY).exists()

    @property
    def people(self) -> People:
        """The keys of the people whom the log names."""
        return People(self._lake, self._key.private_bytes_raw())

    def append(self, event: AccessEvent) -> Head:
        """Add a line, on disk when this returns, and sign the head.

        Raises
        ------
        OSError
            If the line can't be written: what it would be about must not happen then.
        """
        at = event.at.isoformat(timespec="seconds")
        said = {
            "at": at, "who": self.people.sealed(event.user),
            "role": event.role, "dataset": event.dataset, "action": event.action,
            "purpose": event.purpose, "rows": event.rows, "about": dict(event.about),
        }  # fmt: skip
        path = self._lake.make(ZONE, _LINES)
        with locked(path.with_name("lock")):
            clear_aside(path.parent)
            lines, before = self._end()
            text = json.dumps({"n": lines + 1, "before": before, **said}, sort_keys=True)
            _append(path, text.encode("ascii") + b"\n")
            head = Head(self.name, lines + 1, hash_of(text.encode("ascii")), at)
            write_text(path.with_name(_HEAD), head.signed_by(self._key))
        return head

    def entries(self) -> Iterator[Entry]:
        """The lines, the oldest first.

        Raises
        ------
        InputError
            If a line can't be read; ``assay access verify`` says more.
        """
        keys = self.people.known()
        for place, line in enumerate(self.lines(), 1):
            try:
                said = json.loads(line)
                who = said.pop("who")
                said.pop("before")
                yield Entry(user=opened(who, keys), person=who["person"], **said)
            except (ValueError, KeyError, TypeError):
                raise InputError("a line of the access log can't be read", where=f"line {place}",
                                 do="Run: assay access verify") from None  # fmt: skip

    def lines(self) -> Iterator[bytes]:
        """The bytes of each whole line, without its end."""
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            for line in file:
                if line.endswith(b"\n"):
                    yield line[:-1]

    def head_text(self) -> str | None:
        """The signed head beside the lines; None where there is none."""
        path = self._path.with_name(_HEAD)
        return path.read_text(encoding="utf-8") if path.exists() else None

    def _end(self) -> tuple[int, str]:
        """The number of the last whole line, and its hash; what a killed writer left goes."""
        if not self._path.exists():
            return 0, START
        with self._path.open("r+b") as file:
            last, whole = _last_line(file)
            if whole < file.seek(0, os.SEEK_END):
                os.truncate(file.fileno(), whole)
        if last is None:
            return 0, START
        try:
            return int(json.loads(last)["n"]), hash_of(last)
        except (ValueError, KeyError, TypeError):
            raise InputError(
                "the last line of the access log was changed, and nothing is read after it",
                where=str(self._path), do="Run: assay access verify",
            ) from None  # fmt: skip

    @cached_property
    def _key(self) -> Ed25519PrivateKey:
        new = Ed25519PrivateKey.generate().private_bytes_raw()
        text = secret_file(self._lake, *_KEY, new=f"{new.hex()}\n".encode())
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(text.decode("ascii").strip()))


def hash_of(line: bytes) -> str:
    """The hash of a line, which the next one holds."""
    return sha256(line).hexdigest()


def _append(path: Path, line: bytes) -> None:
    """Write a line at the end, and wait for the disk."""
    created = not path.exists()
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        while line:
            line = line[os.write(descriptor, line) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if created:
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _last_line(file: Any) -> tuple[bytes | None, int]:
    """The last whole line without its end, and where it ends in the file."""
    end = start = file.seek(0, os.SEEK_END)
    tail = b""
    while start:
        size = min(_BLOCK, start)
        start -= size
        file.seek(start)
        tail = file.read(size) + tail
        stop = tail.rfind(b"\n")
        if stop < 0:
            continue
        begin = tail.rfind(b"\n", 0, stop)
        if begin >= 0 or start == 0:
            return tail[begin + 1 : stop], end - len(tail) + stop + 1
    return None, 0
