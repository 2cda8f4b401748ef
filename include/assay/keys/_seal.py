"""Files that only the holder of a key can read: AES-256-GCM in blocks, bytes deterministic."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from assay.errors import InputError
from assay.keys._derived_key import derived_key

_MAGIC: Final = b"assay sealed 1\n"
_BLOCK: Final = 1 << 20
_NONCE, _TAG = 12, 16


def seal_file(source: Path, target: Path, key: bytes, about: str) -> None:
    """Encrypt a file; the same content under the same key and name gives the same bytes.

    Parameters
    ----------
    source, target : Path
        What is read, and what is written, readable by its owner alone. The caller publishes it.
    key : bytes
        32 random bytes.
    about : str
        What the file is. Whoever opens it must say the same: a file put in another's place
        doesn't open.

    Notes
    -----
    Blocks of 1 MiB, each with its number and whether it is the last as associated data, so that
    none can be left out, repeated or cut off. A block's nonce is 96 bits of HMAC-SHA-256 over all
    that it depends on, under a key of its own: two blocks share one only if they are the same
    block, or by a chance of about n² / 2⁹⁷ for n blocks. What shows is the length, and whether two
    files of one name and key are equal.

    References
    ----------
    NIST SP 800-38D (GCM), doi:10.6028/NIST.SP.800-38D; Rogaway P, Shrimpton T (2006),
    Deterministic authenticated-encryption, doi:10.1007/11761679_23 (nonces from the content).
    """
    cipher, nonces = _keys(key)
    with source.open("rb") as plain, target.open("xb") as sealed:
        target.chmod(0o600)
        sealed.write(_MAGIC)
        for place, last, block in _blocks(plain, _BLOCK):
            name = _name(about, place, last)
            nonce = hmac.digest(nonces, name + block, sha256)[:_NONCE]
            sealed.write(nonce + cipher.encrypt(nonce, block, name))


def unseal_file(source: Path, target: Path, key: bytes, about: str) -> None:
    """Decrypt what :func:`seal_file` wrote.

    Raises
    ------
    InputError
        If it isn't such a file, is another one than ``about`` says, was changed, or was sealed
        with another key; what was written so far is removed.
    """
    cipher, _ = _keys(key)
    try:
        with source.open("rb") as sealed, target.open("xb") as plain:
            target.chmod(0o600)
            if sealed.read(len(_MAGIC)) != _MAGIC:
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
    """Blocks with their number; an empty file has one, which is empty."""
    place, block = 0, file.read(size)
    while True:
        following = file.read(size)
        yield place, not following, block
        if not following:
            return
        place, block = place + 1, following
