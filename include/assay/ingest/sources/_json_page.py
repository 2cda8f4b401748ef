"""An answer in JSON: its rows as the bytes that they came in, and what it says beside them."""

from __future__ import annotations

import hashlib
import json
import mmap
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import msgspec

from assay.contract import RestSource
from assay.ingest._model import UnusableError
from assay.reasons import ReasonCode

_NO_JSON: Final = "An answer of the endpoint isn't JSON."
_TOO_DEEP: Final = "An answer is nested too deep."
_PLACE: Final = re.compile(r"-?[0-9]{1,9}")
_ONE_LINE: Final = bytes.maketrans(b"\r\n", b"  ")


class Absent:
    """There is nothing at a path."""


@dataclass(frozen=True)
class JsonPage:
    """One page of an endpoint.

    Parameters
    ----------
    content : bytes-like, optional
        The whole answer; None for one without content (204).
    records : str, optional
        Dotted path of the rows; the body itself if unset.
    """

    content: Any
    records: str | None

    @classmethod
    def read(cls, path: Path, records: str | None, *, empty: bool = True) -> JsonPage:
        """A page as it was kept; ``empty`` if a file without a byte is an answer without content.

        Raises
        ------
        UnusableError
            If it isn't JSON.
        """
        if path.stat().st_size == 0:
            if empty:
                return cls(None, records)
            raise UnusableError.of(ReasonCode.UNDECODABLE, _NO_JSON)
        with path.open("rb") as file:
            content: Any = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        encoding = json.detect_encoding(bytes(content[:4]))
        try:
            if encoding == "utf-8-sig":
                content = content[3:]
            elif encoding != "utf-8":
                content = bytes(content).decode(encoding).encode()
            content = memoryview(msgspec.json.decode(content, type=msgspec.Raw))
        except RecursionError:
            raise UnusableError.of(ReasonCode.MALFORMED, _TOO_DEEP) from None
        except (msgspec.DecodeError, UnicodeError):
            content = _lenient(bytes(content))
        return cls(content, records)

    @cached_property
    def rows(self) -> list[Any]:
        """The rows, each as its bytes.

        Raises
        ------
        UnusableError
            If there is no list where the contract says.
        """
        if self.content is None:
            return []
        found = _find(self.content, self.records) if self.records else self.content
        if found is Absent or bytes(found[:1]) != b"[":
            message = "An answer has no list of rows where the contract says."
            raise UnusableError.of(ReasonCode.MALFORMED, message)
        return [memoryview(row) for row in _decode(found, list[msgspec.Raw])]

    @cached_property
    def digest(self) -> bytes:
        """A digest of the rows, whatever stands beside them."""
        digest = hashlib.sha256()
        for row in self.rows:
            digest.update(row)
            digest.update(b"\n")
        return digest.digest()

    def at(self, path: str) -> Any:
        """The value at a dotted path: a text, a number, a boolean, None, or :class:`Absent`."""
        found = Absent if self.content is None else _find(self.content, path)
        return found if found is Absent else _decode(found, Any)


def write_records(pages: Iterable[Path], source: RestSource, target: Path) -> None:
    """Write the rows of kept pages, in order, as JSON lines, each number as it was written.

    Raises
    ------
    UnusableError
        If a page isn't JSON, has no list of objects where the contract says, or holds what can't
        be written as UTF-8.
    """
    with target.open("wb") as file:
        for path in pages:
            for row in JsonPage.read(path, source.records).rows:
                file.write(_line(bytes(row)))


def _line(row: bytes) -> bytes:
    if row[:1] != b"{":
        message = "A row of the answer isn't a JSON object."
        raise UnusableError.of(ReasonCode.MALFORMED, message)
    try:
        row.decode()
    except UnicodeError:
        message = "An answer has bytes that aren't UTF-8."
        raise UnusableError.of(ReasonCode.UNDECODABLE, message) from None
    # Within a text a line's end is always escaped.
    return row.translate(_ONE_LINE) + b"\n"


def _lenient(content: bytes) -> bytes:
    """What Python takes for JSON, and the standard doesn't: NaN and infinities, then as texts."""
    try:
        found = json.loads(content, parse_float=str, parse_constant=str)
        text = json.dumps(found, ensure_ascii=False)
        text.encode()
    except RecursionError:
        raise UnusableError.of(ReasonCode.MALFORMED, _TOO_DEEP) from None
    except UnicodeEncodeError:
        message = "An answer has half a character (a lone surrogate)."
        raise UnusableError.of(ReasonCode.UNDECODABLE, message) from None
    except ValueError:
        raise UnusableError.of(ReasonCode.UNDECODABLE, _NO_JSON) from None
    return text.encode()


def _find(content: Any, path: str) -> Any:
    """What lies at a dotted path; a name with dots of its own is tried first."""
    if bytes(content[:1]) == b"[":
        head, _, rest = path.partition(".")
        items = _decode(content, list[msgspec.Raw]) if _PLACE.fullmatch(head) else []
        place = int(head) if items else 0
        if not -len(items) <= place < len(items):
            return Absent
        return _find(memoryview(items[place]), rest) if rest else memoryview(items[place])
    if bytes(content[:1]) != b"{":
        return Absent
    members = _decode(content, dict[str, msgspec.Raw])
    parts = path.split(".")
    for n in range(len(parts), 0, -1):
        head, rest = ".".join(parts[:n]), ".".join(parts[n:])
        if head in members:
            found = memoryview(members[head])
            return _find(found, rest) if rest else found
    return Absent


def _decode(content: Any, kind: Any) -> Any:
    try:
        return msgspec.json.decode(content, type=kind)
    except RecursionError:
        raise UnusableError.of(ReasonCode.MALFORMED, _TOO_DEEP) from None
    except (msgspec.DecodeError, UnicodeError):
        message = "An answer has bytes that aren't UTF-8."
        raise UnusableError.of(ReasonCode.UNDECODABLE, message) from None
