"""Which task goes to whom."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np

from assay.errors import InputError
from assay.labelling._annotations import Array
from assay.labelling.rounds.records import KeyPart, Task


@dataclass(frozen=True)
class Candidate:
    """A row that was chosen for a round; ``gold`` is its known answer, where it has one."""

    key: tuple[KeyPart, ...]
    reason: str
    score: float | None = None
    inclusion: float | None = None
    gold: str | None = None


def plan_tasks(
    chosen: Sequence[Candidate], annotators: Sequence[str], *, double: float, seed: int,
    name: Callable[[tuple[KeyPart, ...]], str], known: Sequence[Candidate] = (),
    gold_rate: float = 0.0,
) -> tuple[Task, ...]:  # fmt: skip
    """Share rows among annotators: each row to one of them, a random share to two.

    Parameters
    ----------
    chosen : sequence of Candidate
        In the order in which they are shown.
    annotators : sequence of str
        Those who are asked; different ones.
    double : float
        Share of the rows that two people answer, drawn at random, so that agreement on them is
        that on all rows.
    seed : int
        Of the draws.
    name : callable
        Key of a row to the id of its task.
    known : sequence of Candidate
        Rows whose answer is known.
    gold_rate : float
        Gold tasks of each person, as a share of their other tasks, rounded up. They stand at
        random places, so that nobody can tell them by their place.

    Returns
    -------
    tuple of Task
        By place. Everybody has as many tasks as the others, or one more.

    Raises
    ------
    InputError
        If nobody is named, somebody twice, or one person alone where two are asked.

    Examples
    --------
    >>> rows = [Candidate((i,), "random") for i in range(4)]
    >>> tasks = plan_tasks(rows, ("a", "b"), double=0.5, seed=1, name=lambda key: f"t{key[0]}")
    >>> sorted(len(one.annotators) for one in tasks)
    [1, 1, 2, 2]
    >>> [sum(who in one.annotators for one in tasks) for who in ("a", "b")]
    [3, 3]
    """
    _check(annotators, double)
    draw = np.random.default_rng(seed)
    asked = np.ones(len(chosen), dtype=int)
    asked[draw.choice(len(chosen), size=round(double * len(chosen)), replace=False)] = 2
    shared = _share(asked, len(annotators), draw)
    gold = _gold(len(known), shared, gold_rate, draw)
    whom = [*shared, *gold]
    rows = [*chosen, *(known[place] for place in range(len(gold)))]
    order = _places(len(chosen), len(gold), draw)
    kept = [i for i in order if whom[i]]
    return tuple(
        Task(
            id=name(rows[i].key), key=rows[i].key, place=place, reason=rows[i].reason,
            score=rows[i].score, inclusion=rows[i].inclusion, gold=rows[i].gold,
            annotators=tuple(annotators[one] for one in sorted(whom[i])),
        )
        for place, i in enumerate(kept)
    )  # fmt: skip


def _check(annotators: Sequence[str], double: float) -> None:
    if not annotators:
        raise InputError(
            "a round needs somebody who answers", got="no annotator",
            do="Name them in the policy's `annotators`, or by --annotator.",
        )  # fmt: skip
    if len(set(annotators)) < len(annotators):
        raise InputError("an annotator is named twice", got=f"{len(annotators)} names",
                         expected=f"{len(set(annotators))} different ones")  # fmt: skip
    if double and len(annotators) < 2:
        raise InputError(
            "the policy asks two people about some tasks", got="1 annotator",
            expected="2 or more", do="Name another one, or set double_labelling to 0.",
        )  # fmt: skip


def _share(asked: Array, people: int, draw: np.random.Generator) -> list[set[int]]:
    """Of each row, places of the people who are asked: always those with the fewest tasks."""
    load = np.zeros(people, dtype=int)
    found: list[set[int]] = [set() for _ in asked]
    # Rows that go to two come first, so that what is left evens out the numbers.
    for row in np.argsort(-asked, kind="stable"):
        fewest = np.lexsort((draw.random(people), load))[: asked[row]]
        load[fewest] += 1
        found[row] = {int(one) for one in fewest}
    return found


def _gold(
    known: int, shared: Sequence[set[int]], rate: float, draw: np.random.Generator
) -> list[set[int]]:
    """Of each gold row, the people who get it; each their own random part of them."""
    found: list[set[int]] = [set() for _ in range(known)]
    people = sorted({one for row in shared for one in row})
    for one in people:
        own = sum(one in row for row in shared)
        number = min(ceil(rate * own), known)
        for row in draw.choice(known, size=number, replace=False):
            found[row].add(one)
    return found


def _places(chosen: int, gold: int, draw: np.random.Generator) -> list[int]:
    """The rows in their order, with gold ones at random places among them."""
    spot = np.concatenate([np.arange(chosen) + 0.5, draw.random(gold) * max(chosen, 1)])
    return [int(i) for i in np.argsort(spot, kind="stable")]
