"""The rules that keep what is past its maximum age, the strongest first."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal, get_args

Rule = Literal[
    "legal hold",
    "statutory minimum",
    "stay",
    "run at work",
    "snapshot",
    "rollback point",
    "needed object",
]
"""What keeps an item or a version past its period.

``stay``: it was brought back until a date; ``snapshot``: a live snapshot has no other copy;
``rollback point``: within the grace period only; ``needed object``: a version needs it after all.
"""
RULES: Final[tuple[Rule, ...]] = get_args(Rule)
Keeper = tuple[Rule, str]
"""A rule, and what it is about in words."""


def strongest(keepers: list[Keeper]) -> Rule:
    """The rule that decides among several.

    Examples
    --------
    >>> strongest([("run at work", "run 7"), ("legal hold", "legal hold: case 12")])
    'legal hold'
    """
    return min((rule for rule, _ in keepers), key=RULES.index)


def in_words(keepers: list[Keeper]) -> tuple[str, ...]:
    """What keeps it, the strongest rule first."""
    return tuple(words for _, words in sorted(keepers, key=lambda k: RULES.index(k[0])))


def least_age(until: datetime) -> Keeper:
    """The statutory minimum, as a keeper."""
    return "statutory minimum", f"the statutory minimum, until {until:%Y-%m-%d}"
