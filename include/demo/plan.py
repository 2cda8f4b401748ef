"""The batches that the demo wants decided, and the backfills that are left to do."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

DECIDED = frozenset(
    {"released", "held", "forced", "superseded", "expired", "erased", "not_expected"}
)
"""Final states of a batch, until a person acts. In any other state its run isn't finished."""


@dataclass(frozen=True)
class Wish:
    """The batches of one data set that the demo wants decided.

    Parameters
    ----------
    dataset : str
        Its DAG is ``release__<dataset>``.
    batches : tuple of str
        Partition keys, in order, without gaps.
    after : tuple of str
        Data sets that must be decided before, because this one joins against them.
    """

    dataset: str
    batches: tuple[str, ...]
    after: tuple[str, ...] = ()

    @property
    def dag_id(self) -> str:
        """The DAG that releases the data set."""
        return f"release__{self.dataset}"


@dataclass(frozen=True)
class Stand:
    """The output of ``assay status --json``: data set → batch → its record."""

    records: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)

    @classmethod
    def of(cls, status: Mapping[str, Any]) -> Stand:
        """Make it from the parsed JSON."""
        return cls({
            entry["name"]: {record["batch"]: record for record in entry["batches"]}
            for entry in status["datasets"]
        })  # fmt: skip

    def decided(self, dataset: str, batch: str) -> bool:
        """Whether a batch is in a final state."""
        return self.records.get(dataset, {}).get(batch, {}).get("state") in DECIDED


@dataclass(frozen=True)
class Order:
    """One backfill: neighbouring batches of one data set."""

    wish: Wish
    batches: tuple[str, ...]
    again: bool
    """Judge batches again that were decided before, because their input has changed."""


def plan_orders(
    wishes: Iterable[Wish], stand: Stand, dropped: Mapping[str, Collection[str]]
) -> list[Order]:
    """Plan the backfills that decide the wanted batches.

    Parameters
    ----------
    dropped : mapping of str to collection of str
        Data set → batches whose file was just written.

    Examples
    --------
    >>> wish = Wish("a", ("1", "2", "3", "4"))
    >>> stand = Stand({"a": {"2": {"state": "held"}, "4": {"state": "running"}}})
    >>> [(o.batches, o.again) for o in plan_orders([wish], stand, {})]
    [(('1',), False), (('3', '4'), False)]
    >>> [(o.batches, o.again) for o in plan_orders([wish], stand, {"a": ["2"]})]
    [(('1', '2', '3', '4'), True)]
    """
    orders = []
    for wish in wishes:
        news = set(dropped.get(wish.dataset, ()))
        for span in _spans(wish, stand, news):
            again = any(b in news and stand.decided(wish.dataset, b) for b in span)
            orders.append(Order(wish, span, again))
    return orders


def _spans(wish: Wish, stand: Stand, news: Collection[str]) -> list[tuple[str, ...]]:
    def open_(batch: str) -> bool:
        return batch in news or not stand.decided(wish.dataset, batch)

    return [tuple(span) for wanted, span in groupby(wish.batches, open_) if wanted]


def undecided(wishes: Sequence[Wish], stand: Stand) -> list[tuple[Wish, str]]:
    """The wanted batches that no run has decided."""
    return [(w, b) for w in wishes for b in w.batches if not stand.decided(w.dataset, b)]
