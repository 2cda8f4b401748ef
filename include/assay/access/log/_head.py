"""The signed head of the access log: how many lines there are, and the hash of the last one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_NAME_LENGTH: Final = 16


@dataclass(frozen=True)
class Head:
    """The state of a log at a moment.

    Parameters
    ----------
    log : str
        The log's name: the beginning of the hash of its public key.
    lines : int
        Number of lines.
    hash : str
        SHA-256 of the last line.
    at : str
        When the line was written, ISO 8601.
    """

    log: str
    lines: int
    hash: str
    at: str

    def signed_by(self, key: Ed25519PrivateKey) -> str:
        """The head as signed JSON, with the public key."""
        public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        said = {**vars(self), "key": public.hex(), "signature": key.sign(self._bytes()).hex()}
        return json.dumps(said, sort_keys=True)

    def _bytes(self) -> bytes:
        text = json.dumps(["assay access log head", vars(self)], sort_keys=True)
        return text.encode()


def log_name(key: Ed25519PublicKey) -> str:
    """The name of the log whose heads a key signs."""
    raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return sha256(raw).hexdigest()[:_NAME_LENGTH]


def open_head(text: str) -> Head | None:
    """A signed head; None where it isn't one, or its log's key didn't sign it."""
    try:
        said = json.loads(text)
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(said.pop("key")))
        signature = bytes.fromhex(said.pop("signature"))
        head = Head(**said)
        public.verify(signature, head._bytes())
    except (ValueError, KeyError, TypeError, AttributeError, InvalidSignature):
        return None
    return head if head.log == log_name(public) else None
