"""Columns in groups, so that the cost of a query grows with the cells of a table.

An engine plans a query of many columns in a time that grows with their square.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
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


def light_groups(weights: Mapping[T, int], most: int, heaviest: int) -> Iterator[list[T]]:
    """The keys in their order, in lists of so many at most that weigh no more than ``heaviest``.

    What weighs more alone has a list of its own.

    Examples
    --------
    >>> list(light_groups({"a": 0, "b": 2, "c": 2, "d": 9, "e": 1}, 3, 4))
    [['a', 'b', 'c'], ['d'], ['e']]
    """
    some: list[T] = []
    weight = 0
    for item, more in weights.items():
        if some and (len(some) == most or weight + more > heaviest):
            yield some
            some, weight = [], 0
        some.append(item)
        weight += more
    if some:
        yield some
