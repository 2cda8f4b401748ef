"""The master key of pseudonyms: where it comes from, and what may be said about it."""

from __future__ import annotations

import base64
import binascii
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from assay.errors import InputError

ENVIRONMENT_NAME: Final = "ASSAY_PSEUDONYM_KEY"
_MASTER_BYTES: Final = 32
_EXPECTED: Final = "'v<version>:' and 32 bytes or more as hexadecimal digits or base64"
_TEXT: Final = re.compile(r"(?:v(?P<version>[1-9][0-9]{0,8}):)?(?P<body>[A-Za-z0-9+/_=-]+)")


@dataclass(frozen=True)
class PseudonymKey:
    """One version of the master key that pseudonyms are made with.

    The fingerprint may be recorded anywhere: it is derived under a label of its own, so it tells
    two keys apart and helps nobody to guess a pseudonym. The master shows in no ``repr``.

    Parameters
    ----------
    version : int
        Written in front of every pseudonym, from 1 up.
    master : bytes
        At least 32 random bytes.

    Raises
    ------
    InputError
        For a version below 1 or a master that is too short.

    Examples
    --------
    >>> PseudonymKey(1, bytes(32))
    PseudonymKey(version=1)
    >>> PseudonymKey(1, bytes(32)).fingerprint == PseudonymKey(2, bytes(32)).fingerprint
    True
    """

    version: int
    master: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if self.version < 1:
            raise InputError("version of the pseudonym key", got=self.version, expected="1 or more")
        if len(self.master) < _MASTER_BYTES:
            raise InputError(
                "the pseudonym key is too short",
                got=f"{len(self.master)} bytes",
                expected=f"{_MASTER_BYTES} bytes or more",
            )

    @property
    def fingerprint(self) -> str:
        """128 bits in hexadecimal digits that name this master."""
        return _expand(self.master, _info("assay pseudonym key fingerprint"))[:16].hex()

    def domain_key(self, domain: str) -> bytes:
        """The 32-byte key of one identity domain: HKDF(master, domain ‖ key version)."""
        return _expand(self.master, _info("assay pseudonym", domain, str(self.version)))


def load_key(
    home: Path | None = None,
    *,
    secret: str | None = None,
    environ: Mapping[str, str] | None = None,
) -> PseudonymKey:
    """The pseudonym key in force: from a secret, the environment, or the embedded default.

    Parameters
    ----------
    home : Path, optional
        Home of an embedded installation. Where neither ``secret`` nor the environment gives a
        key, ``<home>/secrets/pseudonym.key`` is read, and made at first use.
    secret : str, optional
        The key's text from a secrets backend, such as the password of an Airflow connection.
    environ : mapping, optional
        Looked up for ``ASSAY_PSEUDONYM_KEY``; the process's environment by default.

    Returns
    -------
    PseudonymKey
        From text ``v2:<hexadecimal or base64>``; without ``v<version>:`` it is version 1.

    Raises
    ------
    InputError
        No source gives a key, its text can't be read, or other users can read its file. The
        message never holds the text.

    Notes
    -----
    Any number of processes may make the embedded key at the same moment: each writes a private
    file and links it to the final name, the first link wins, and all read what won. The link
    appears only once the bytes are on disk.
    """
    text = secret or (os.environ if environ is None else environ).get(ENVIRONMENT_NAME)
    if text:
        return _parse(text, "the given secret" if secret else ENVIRONMENT_NAME)
    if home is None:
        raise InputError(
            "no pseudonym key",
            expected=f"{ENVIRONMENT_NAME}, a connection, or the home of an installation",
            do="Make one with: python -c 'import secrets; print(\"v1:\" + secrets.token_hex(32))'",
        )
    path = Path(home) / "secrets" / "pseudonym.key"
    if not path.exists():
        make_secret(path, f"v1:{secrets.token_hex(_MASTER_BYTES)}")
    refuse_open_file(path, "pseudonym key")
    return _parse(path.read_text("utf-8"), str(path))


def refuse_open_file(path: Path, what: str) -> None:
    """Raise InputError where other users can read a secret's file."""
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        raise InputError(
            f"others can read the {what}",
            where=str(path),
            got=oct(mode),
            expected="0o600",
            do=f"Run: chmod 600 {path}; then consider the key leaked.",
        )


def make_secret(path: Path, text: str) -> None:
    """Write a secret that only its owner can read, unless another process was first."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    own = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(f"{text}\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(own, path)
        except FileExistsError:
            return
    finally:
        own.unlink(missing_ok=True)


def _parse(text: str, where: str) -> PseudonymKey:
    match = _TEXT.fullmatch(text.strip())
    master = _decoded(match["body"]) if match else None
    if match is None or master is None:
        raise InputError("the pseudonym key can't be read", where=where, expected=_EXPECTED)
    return PseudonymKey(int(match["version"] or 1), master)


def _decoded(body: str) -> bytes | None:
    if re.fullmatch(r"(?:[0-9a-fA-F]{2})+", body):
        return bytes.fromhex(body)
    try:
        plain = body.replace("-", "+").replace("_", "/").rstrip("=")
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except binascii.Error:
        return None


def derived_key(key: bytes, label: str) -> bytes:
    """32 bytes that only the key's holder can compute, and that say nothing of other labels'."""
    return _expand(key, _info(label))


def _info(*parts: str) -> bytes:
    # Each part carries its length, or domain 'a1' version 2 would be domain 'a' version 12.
    encoded = [part.encode() for part in parts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)


def _expand(master: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(master)
