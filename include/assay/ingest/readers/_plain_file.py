"""From an original to what the reader takes: decompressed, and text as whole UTF-8."""

from __future__ import annotations

import codecs
import gzip
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, Literal

import zstandard

from assay.errors import InputError
from assay.ingest._model import UnusableError
from assay.reasons import ReasonCode

Compression = Literal["gzip", "zstd"] | None
_BLOCK: Final = 1 << 20
_ZSTD_BLOCK: Final = 1 << 12
_BOM: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Plain:
    """A readable file, and what was seen on the way through it."""

    path: Path
    bytes: int
    newlines: int
    ends_in_newline: bool
    mixed_line_ends: bool = False


def compression_of(name: str, declared: Compression) -> Compression:
    """The declared compression, or the one that a file's ending says.

    Examples
    --------
    >>> compression_of("a.csv.gz", None), compression_of("a.csv", None)
    ('gzip', None)
    """
    if declared is not None:
        return declared
    if name.endswith(".gz"):
        return "gzip"
    return "zstd" if name.endswith((".zst", ".zstd")) else None


def decompressed(path: Path, compression: Compression, max_bytes: int | None) -> Iterator[bytes]:
    """The blocks of a file, decompressed a bounded piece at a time.

    Raises
    ------
    UnusableError
        ``truncated``: the stream ends before its end mark. ``undecodable``: it isn't what it is
        said to be. ``too_large``: more than ``max_bytes`` come out.
    """
    size = 0
    try:
        with path.open("rb") as file:
            for block in _blocks(file, compression):
                size += len(block)
                _check_size(size, max_bytes)
                yield block
    except EOFError:
        message = f"The {compression} stream is cut off."
        raise UnusableError.of(ReasonCode.TRUNCATED, message) from None
    except (gzip.BadGzipFile, zlib.error, zstandard.ZstdError):
        message = f"The file isn't a sound {compression} stream."
        raise UnusableError.of(ReasonCode.UNDECODABLE, message) from None


def as_utf8(
    path: Path, compression: Compression, encoding: str, max_bytes: int | None, spare: Path
) -> Plain:
    """A text file as plain UTF-8 without a mark: itself if it is that, else written to ``spare``.

    Raises
    ------
    UnusableError
        As :func:`decompressed`; and ``undecodable`` where the text isn't of this encoding.
    InputError
        If there is no such encoding.
    """
    codec = _codec(encoding)
    with path.open("rb") as file:
        marked = file.read(3) == _BOM
    itself = compression is None and codec == "utf-8" and not marked
    decoder = codecs.getincrementaldecoder("utf-8-sig" if codec == "utf-8" else codec)("strict")
    size = newlines = returns = pairs = 0
    last = b""
    with _sink(None if itself else spare) as sink:
        for text in _decoded(decompressed(path, compression, max_bytes), decoder, codec):
            block = text.encode()
            size, newlines = size + len(block), newlines + block.count(b"\n")
            returns += block.count(b"\r")
            pairs += block.count(b"\r\n") + (last == b"\r" and block.startswith(b"\n"))
            _check_size(size, max_bytes)
            last = block[-1:] or last
            if sink:
                sink.write(block)
    mixed = sum(map(bool, (pairs, newlines - pairs, returns - pairs))) > 1
    return Plain(path if itself else spare, size, newlines, last in {b"\n", b"\r"}, mixed)


def as_binary(path: Path, compression: Compression, max_bytes: int | None, spare: Path) -> Plain:
    """A binary file, decompressed to ``spare`` where it is compressed."""
    size = 0
    with _sink(spare if compression else None) as sink:
        for block in decompressed(path, compression, max_bytes):
            size += len(block)
            if sink:
                sink.write(block)
    return Plain(spare if compression else path, size, 0, False)


def _check_size(size: int, max_bytes: int | None) -> None:
    if max_bytes is not None and size > max_bytes:
        message = "The input decompresses or decodes to more than its contract allows."
        raise UnusableError.of(ReasonCode.TOO_LARGE, message, max_bytes=max_bytes)


def _blocks(file: IO[bytes], compression: Compression) -> Iterator[bytes]:
    if compression == "zstd":
        yield from _zstd(file)
        return
    stream = gzip.GzipFile(fileobj=file) if compression == "gzip" else file
    while block := stream.read(_BLOCK):
        yield block


def _zstd(file: IO[bytes]) -> Iterator[bytes]:
    # zstandard's own reader takes a cut stream for a short one, so its end marks are looked at
    # here. Input goes in small pieces because a piece may expand some ten-thousandfold.
    frame = zstandard.ZstdDecompressor().decompressobj()
    fed = False
    while piece := file.read(_ZSTD_BLOCK):
        while piece:
            if frame.eof:
                frame, fed = zstandard.ZstdDecompressor().decompressobj(), False
            yield frame.decompress(piece)
            fed, piece = True, frame.unused_data if frame.eof else b""
    if fed and not frame.eof:
        raise EOFError


def _decoded(
    blocks: Iterator[bytes], decoder: codecs.IncrementalDecoder, encoding: str
) -> Iterator[str]:
    try:
        for block in blocks:
            text = decoder.decode(block)
            if "\0" in text:
                message = f"The text has NUL characters, so it isn't {encoding}; it may be UTF-16."
                raise UnusableError.of(ReasonCode.UNDECODABLE, message)
            yield text
        yield decoder.decode(b"", final=True)
    except UnicodeError:
        message = f"The text isn't {encoding}."
        raise UnusableError.of(ReasonCode.UNDECODABLE, message) from None


def _codec(encoding: str) -> str:
    try:
        "".encode(encoding)  # refuses a codec of bytes, such as zlib, which lookup knows as well
        codecs.getincrementaldecoder(encoding)
        return codecs.lookup(encoding).name
    except (LookupError, ValueError):
        raise InputError(
            "no such encoding of text", where="source.encoding", got=encoding,
            expected="utf-8, latin-1 …",
        ) from None  # fmt: skip


def _sink(path: Path | None) -> AbstractContextManager[IO[bytes] | None]:
    return nullcontext() if path is None else path.open("wb")
