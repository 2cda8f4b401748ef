"""Whole numbers that only the holder of a key can compute from other whole numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from assay.keys._derived_key import derived_key

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def keyed_numbers(key: bytes, *label: str) -> Callable[[NDArray[np.int64]], NDArray[np.uint64]]:
    """Make the function that turns each number into a random one of 64 bits, under a key.

    Rows that are sorted by these numbers are in an order that nobody can compute without the key.

    Parameters
    ----------
    key : bytes
        The key to derive from.
    *label : str
        What the numbers are for: two labels give numbers that say nothing about each other.

    Notes
    -----
    The number is one block of AES-256, and the first 64 bits of its encryption are taken: different
    numbers are different blocks, so each block is encrypted once. Of n numbers two are equal with a
    chance of about n² / 2⁶⁵ (0.03 % for 100 million).

    References
    ----------
    NIST (2001), Advanced Encryption Standard, FIPS 197, doi:10.6028/NIST.FIPS.197-upd1.
    """
    import numpy as np
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.ciphers.modes import ECB

    # One block a message: a mode that chains blocks has nothing to add.
    cipher = Cipher(AES(derived_key(key, "assay numbers", *label)), ECB())  # noqa: S305

    def keyed(numbers: NDArray[np.int64]) -> NDArray[np.uint64]:
        blocks = np.zeros((len(numbers), 2), dtype="<i8")
        blocks[:, 0] = numbers
        encrypted = cipher.encryptor().update(blocks.tobytes())
        return np.frombuffer(encrypted, dtype="<u8")[::2].astype(np.uint64)

    return keyed
