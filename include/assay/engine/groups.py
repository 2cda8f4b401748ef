"""Columns in groups, so that the cost of a query grows with the cells of a table.

An engine plans a query of many columns in a time that grows with their square.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def groups(items: Iterable[T], most: int) -> Iterator[list[T]]:
    """The items in their order, in lists of so many at most.

    Examples
    --------
    >>> list(groups("abcde", 2))
    [['a', 'b'], ['c', 'd'], ['e']]
    """
    rest = list(items)
    for start in range(0, len(rest), most):
        yield rest[start : start + most]
