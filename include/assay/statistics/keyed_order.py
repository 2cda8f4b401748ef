"""A random number for each row that follows from its key and a seed, not from its position.

References
----------
Steele GL, Lea D, Flood CH (2014), Fast splittable pseudorandom number generators,
https://doi.org/10.1145/2660193.2660195 (the finaliser is its ``mix64``).
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def row_draws(batch: Array, row: Array, seed: int, purpose: str) -> Array:
    """Draw a number in [0, 1) for each row, from its batch, its number, the seed and the purpose.

    Parameters
    ----------
    batch : array (n,) of str
    row : array (n,) of int64
    purpose : str
        Two purposes draw independently of each other.

    Examples
    --------
    >>> keys = np.array(["a", "b"]), np.array([1, 1])
    >>> row_draws(*keys, seed=0, purpose="split").round(3).tolist()
    [0.281, 0.106]
    """
    names, places = np.unique(batch, return_inverse=True)
    starts = np.array([_word(f"{purpose}\x1f{seed}\x1f{n}") for n in names], dtype=np.uint64)
    return _unit(_mixed(_mixed(row.astype(np.uint64)) ^ starts[places]))


def text_draws(texts: Array, seed: int, purpose: str) -> Array:
    """Draw a number in [0, 1) for each text, the same for equal ones."""
    names, places = np.unique(texts, return_inverse=True)
    words = np.array([_word(f"{purpose}\x1f{seed}\x1f{n}") for n in names], dtype=np.uint64)
    return _unit(words)[places]


def _unit(words: Array) -> Array:
    return (words >> np.uint64(11)).astype(np.float64) / 2.0**53


def _word(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def _mixed(words: Array) -> Array:
    with np.errstate(over="ignore"):
        words = words + np.uint64(0x9E3779B97F4A7C15)
        words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: Array = words ^ (words >> np.uint64(31))
    return mixed
