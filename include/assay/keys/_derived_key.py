"""Keys that are derived from another key, one for each use."""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def derived_key(key: bytes, *label: str) -> bytes:
    """Derive 32 bytes for one use: only the key's holder can compute them.

    The keys of two labels say nothing about each other.

    References
    ----------
    Krawczyk H, Eronen P (2010), HKDF, RFC 5869, doi:10.17487/RFC5869.
    """
    # Each part carries its length, or domain 'a1' version 2 would be domain 'a' version 12.
    parts = [part.encode() for part in label]
    info = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(key)
