"""What a column's name says: its words, and which of them are evidence."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_UPPER: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD: Final = re.compile(r"[^\W\d_]+", re.UNICODE)


def words_of(name: str) -> tuple[str, ...]:
    """The words of a column's name in their order, in lower case.

    Examples
    --------
    >>> words_of("customerHomeZIP_code2")
    ('customer', 'home', 'zip', 'code')
    """
    return tuple(word.lower() for word in _WORD.findall(_UPPER.sub(" ", name)))


def names_one(name: str, known: Iterable[str]) -> bool:
    """Whether a column's name has some words in a row, or is them written as one.

    Examples
    --------
    >>> names_one("dateOfBirth", ["date of birth"]), names_one("homephone", ["phone"])
    (True, False)
    >>> names_one("phonenumber", ["phone number"])
    True
    """
    spaced = f" {' '.join(words_of(name))} "
    joined = spaced.replace(" ", "")
    return any(f" {one} " in spaced or one.replace(" ", "") == joined for one in known)


def phrases(text: str) -> frozenset[str]:
    """Words and phrases, given with commas between them.

    Examples
    --------
    >>> sorted(phrases("zip, postal code"))
    ['postal code', 'zip']
    """
    return frozenset(" ".join(part.split()) for part in text.split(","))
