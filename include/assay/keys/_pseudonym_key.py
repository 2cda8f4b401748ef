"""The pseudonym key: pseudonyms are made with it."""

from __future__ import annotations

import base64
import binascii
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from assay.errors import InputError
from assay.keys._derived_key import derived_key
from assay.keys._secret_file import private_text
from assay.lake import Lake

ENVIRONMENT_NAME: Final = "ASSAY_PSEUDONYM_KEY"
_MASTER_BYTES: Final = 32
_EXPECTED: Final = "'v<version>:' and 32 bytes or more as hexadecimal digits or base64"
_TEXT: Final = re.compile(r"(?:v(?P<version>[1-9][0-9]{0,8}):)?(?P<body>[A-Za-z0-9+/_=-]+)")


@dataclass(frozen=True)
class PseudonymKey:
    """One version of the master key that pseudonyms are made with.

    The fingerprint may be recorded anywhere: it distinguishes two keys and helps nobody to guess a
    pseudonym, because it is derived under its own label. No ``repr`` shows the master.

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
        if (size := len(self.master)) < _MASTER_BYTES:
            least = f"{_MASTER_BYTES} bytes or more"
            raise InputError("the pseudonym key is too short", got=f"{size} bytes", expected=least)

    @property
    def fingerprint(self) -> str:
        """128 bits, in hexadecimal digits, that identify this master."""
        return derived_key(self.master, "assay pseudonym key fingerprint")[:16].hex()

    def domain_key(self, domain: str) -> bytes:
        """The 32-byte key of one identity domain: HKDF(master, domain ‖ key version)."""
        return derived_key(self.master, "assay pseudonym", domain, str(self.version))


def load_pseudonym_key(
    lake: Lake | None = None, *, secret: str | None = None, environ: Mapping[str, str] | None = None
) -> PseudonymKey:
    """Load the pseudonym key in force: from a secret, the environment, or the embedded default.

    Parameters
    ----------
    lake : Lake, optional
        The lake of an embedded installation. If neither ``secret`` nor the environment gives a
        key, ``pseudonym.key`` in its secrets zone is read, and made at first use.
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
    """
    text = secret or (os.environ if environ is None else environ).get(ENVIRONMENT_NAME)
    if text:
        return _parse(text, "the given secret" if secret else ENVIRONMENT_NAME)
    if lake is None:
        raise InputError(
            "no pseudonym key",
            expected=f"{ENVIRONMENT_NAME}, a connection, or the home of an installation",
            do="Make one with: python -c 'import secrets; print(\"v1:\" + secrets.token_hex(32))'",
        )
    name = "pseudonym.key"
    new = f"v1:{secrets.token_hex(_MASTER_BYTES)}\n".encode()
    text = private_text(lake, name, new=new)
    return _parse(text, str(lake.path("secrets", name)))


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
