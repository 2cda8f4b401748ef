"""A detector: all that is known of one form of one kind of personal data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from assay.policy.privacy import Class
from assay.privacy.finding._column_name import names_one

Check = Callable[[list[str]], Any]
"""From values to whether the check digits of each fit."""

NEVER: Final = r"[^\s\S]"
LETTERS: Final = r"a-z\x{80}-\x{10ffff}"
"""Signs of a class of letters, of values in lower case; the classes of Unicode take RE2 long."""


@dataclass(frozen=True)
class Detector:
    r"""One form of a kind of personal data.

    Parameters
    ----------
    kind, form : str
        The kind that a person decides about, and this form of it.
    classification : str
        What a contract says of such a column.
    pattern : str
        RE2, of a whole value without white space at its ends, in lower case. It is usual for
        nothing else.
    loose : str
        RE2, of a whole value, which says something only where the column's name does too.
    within : str
        RE2, of a part of a value, for texts that hold such data among other words.
    digits : tuple of int
        The least and the greatest number of digits of a value.
    names : frozenset of str
        Words of column names that say the kind.
    unless : frozenset of str
        Words of column names that say something else.
    check : callable, optional
        Whether check digits fit; ``chance`` is the share of numbers at random for which they do.
    own_share : float
        Least share of values that match ``pattern``, where the name says nothing. It is a part of
        the method, as words are: a policy's limit may ask for more.
    contact : bool
        Whether organisations have it, too.
    """

    kind: str
    form: str
    classification: Class
    pattern: str = NEVER
    loose: str = NEVER
    within: str = NEVER
    digits: tuple[int, int] = (0, 99)
    names: frozenset[str] = frozenset()
    unless: frozenset[str] = frozenset()
    check: Check | None = None
    chance: float = 1.0
    own_share: float = 0.0
    contact: bool = False

    def is_named(self, column: str) -> bool:
        """Whether a column's name says that it holds this."""
        return names_one(column, self.names) and not names_one(column, self.unless)

    def is_other(self, column: str) -> bool:
        """Whether a column's name says that it holds something else."""
        return names_one(column, self.unless)
