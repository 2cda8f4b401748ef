"""Keyed hashes: ids of versions and nonces of files.

A plain hash of a derivation would confirm a guess of it (an input file of few possible rows can be
enumerated); under the registry key it confirms nothing to anybody who lacks the key.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any


def canonical(value: Any) -> bytes:
    """JSON with one spelling: sorted keys, no blanks, ASCII.

    Examples
    --------
    >>> canonical({"b": 1, "a": ("x",)})
    b'{"a":["x"],"b":1}'
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode("ascii")


def keyed(key: bytes, purpose: str, value: Any) -> str:
    """128 bits (32 hex digits) of HMAC-SHA-256 over a purpose and a JSON value.

    Examples
    --------
    >>> keyed(b"k" * 32, "version", {"a": 1}) == keyed(b"k" * 32, "nonce", {"a": 1})
    False
    """
    message = b"assay " + purpose.encode("ascii") + b"\0" + canonical(value)
    return hmac.new(key, message, hashlib.sha256).hexdigest()[:32]
