"""Sealed files: only the holder of the key can read one (AES-256-GCM, in blocks)."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from assay.errors import InputError
from assay.keys._derived_key import derived_key

_MAGIC: Final = b"assay sealed 1\n"
_MARKED: Final = re.compile(rb"assay sealed 2 [0-9a-f]+\n")
_LONGEST: Final = 100
"""Bytes that the first line of a sealed file may have."""
_BLOCK: Final = 1 << 20
_NONCE, _TAG = 12, 16


def seal_file(source: Path, target: Path, key: bytes, about: str, mark: str | None = None) -> None:
    """Encrypt a file; the same content under the same key and name gives the same bytes.

    Parameters
    ----------
    source, target : Path
        The file that is read, and the new file, which its owner alone can read. The caller
        publishes it.
    key : bytes
        32 random bytes.
    about : str
        What the file is. It opens only with the same text, so a file that was put in another
        file's place doesn't open.
    mark : str, optional
        Hexadecimal, in clear in the file's first line: so an object of a version has its nonce.

    Notes
    -----
    Blocks have 1 MiB. The associated data of each are its number and whether it is the last, so
    that no block can be left out, repeated or cut off. A nonce is 96 bits of HMAC-SHA-256 over all
    that it depends on, under its own key: two blocks have the same nonce only if they are the same
    block, or by chance (about n² / 2⁹⁷ for n blocks). Without the key, a reader can see the length
    of a file, and whether two files of the same ``about`` and key are equal.

    References
    ----------
    NIST SP 800-38D (GCM), doi:10.6028/NIST.SP.800-38D; Rogaway P, Shrimpton T (2006),
    Deterministic authenticated-encryption, doi:10.1007/11761679_23 (nonces from the content).
    """
    cipher, nonces = _keys(key)
    with source.open("rb") as plain, target.open("xb") as sealed:
        target.chmod(0o600)
        sealed.write(_MAGIC if mark is None else f"assay sealed 2 {mark}\n".encode())
        for place, last, block in _blocks(plain, _BLOCK):
            name = _name(about, place, last)
            nonce = hmac.digest(nonces, name + block, sha256)[:_NONCE]
            sealed.write(nonce + cipher.encrypt(nonce, block, name))


def unseal_file(source: Path, target: Path, key: bytes, about: str) -> None:
    """Decrypt a file that :func:`seal_file` wrote.

    Raises
    ------
    InputError
        If it isn't a sealed file, isn't the one that ``about`` says, was changed, or was sealed
        with another key. What was written until then is removed.
    """
    cipher, _ = _keys(key)
    try:
        with source.open("rb") as sealed, target.open("xb") as plain:
            target.chmod(0o600)
            first = sealed.readline(_LONGEST)
            if first != _MAGIC and not _MARKED.fullmatch(first):
                raise InputError("isn't a sealed file", where=str(source))
            for place, last, block in _blocks(sealed, _NONCE + _BLOCK + _TAG):
                name = _name(about, place, last)
                plain.write(cipher.decrypt(block[:_NONCE], block[_NONCE:], name))
    except (InvalidTag, ValueError):
        target.unlink(missing_ok=True)
        raise InputError(
            "the sealed file doesn't open",
            where=str(source),
            expected="the file of this version, unchanged, and the key that it was sealed with",
        ) from None


def _keys(key: bytes) -> tuple[AESGCM, bytes]:
    return AESGCM(derived_key(key, "assay seal")), derived_key(key, "assay seal nonces")


def _name(about: str, place: int, last: bool) -> bytes:
    return f"{len(about)}:{about}:{place}:{'last' if last else 'more'}:".encode()


def _blocks(file: BinaryIO, size: int) -> Iterator[tuple[int, bool, bytes]]:
    """Yield blocks with their number, and whether each is the last; an empty file has one block."""
    place, block = 0, file.read(size)
    while True:
        following = file.read(size)
        yield place, not following, block
        if not following:
            return
        place, block = place + 1, following
