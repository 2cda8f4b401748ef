"""People in the access log: random ids, and names under a key of their own."""

from __future__ import annotations

import base64
import hmac
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from assay.errors import InputError
from assay.keys import derived_key, secret_file
from assay.lake import Lake

_FOLDER: Final = ("access", "people")
_NONCE: Final = 12


@dataclass(frozen=True)
class People:
    """The keys of the people whom a log names.

    Parameters
    ----------
    lake : Lake
        Keys lie in its secrets zone, one file a person, named by a keyed hash of their user id.
    key : bytes
        The log's own key, from which the keyed hash is derived.
    """

    lake: Lake
    key: bytes

    def sealed(self, user: str) -> dict[str, str]:
        """A person as a line holds them; the key is made at first use."""
        person, key = self._of(user)
        nonce = secrets.token_bytes(_NONCE)
        name = nonce + AESGCM(key).encrypt(nonce, user.encode(), person.encode())
        return {"person": person, "name": base64.b64encode(name).decode("ascii")}

    def known(self) -> dict[str, bytes]:
        """Id of a person → key, of everybody whose key is there."""
        return dict(self._read(path) for path in self._files())

    def shred(self, user: str) -> bool:
        """Remove a person's key, so that no line names them any more; whether there was one."""
        path = self.lake.path("secrets", *_FOLDER, self._file(user))
        there = path.exists()
        path.unlink(missing_ok=True)
        return there

    def _files(self) -> Iterator[Path]:
        return iter(sorted(self.lake.path("secrets", *_FOLDER).glob("*.key")))

    def _of(self, user: str) -> tuple[str, bytes]:
        new = {"person": secrets.token_hex(8), "key": secrets.token_hex(32)}
        name = self._file(user)
        secret_file(self.lake, *_FOLDER, name, new=json.dumps(new).encode())
        return self._read(self.lake.path("secrets", *_FOLDER, name))

    def _file(self, user: str) -> str:
        key = derived_key(self.key, "assay access log people")
        return f"{hmac.new(key, user.encode(), sha256).hexdigest()[:32]}.key"

    def _read(self, path: Path) -> tuple[str, bytes]:
        try:
            said = json.loads(secret_file(self.lake, *_FOLDER, path.name, new=b""))
            return str(said["person"]), bytes.fromhex(said["key"])
        except (ValueError, KeyError, TypeError):
            raise InputError("isn't the key of a person", where=str(path)) from None


def opened(who: dict[str, str], keys: dict[str, bytes]) -> str | None:
    """The user id of a person in a line; None where their key is shredded."""
    key = keys.get(who["person"])
    if key is None:
        return None
    sealed = base64.b64decode(who["name"])
    try:
        return (
            AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], who["person"].encode()).decode()
        )
    except InvalidTag:
        return None
