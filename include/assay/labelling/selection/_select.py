"""Which rows are labelled next: strategies mixed by shares, the rest at random."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assay.errors import InputError
from assay.labelling._annotations import Array
from assay.labelling.selection._pool import Pool
from assay.labelling.selection._strategies import (
    DIVERSE,
    RANDOM,
    RELABEL,
    SCORES,
    choose_by_score,
    choose_diverse,
    choose_suspects,
)
from assay.policy.labelling import LEAST_RANDOM


@dataclass(frozen=True)
class Share:
    """A part of a round.

    Parameters
    ----------
    strategy : str
    share : float
        Of the round.
    where : str, optional
        Name of one of the pool's filters: only its rows are chosen.
    """

    strategy: str
    share: float
    where: str | None = None

    @property
    def reason(self) -> str:
        """Why its rows are chosen."""
        return self.strategy if self.where is None else f"{self.strategy} where {self.where}"


@dataclass(frozen=True)
class Selection:
    """The rows of a round.

    Parameters
    ----------
    place : array (b,) of int
        Places of the rows: those of each strategy in its order, then those at random.
    reason : tuple of str (b,)
    score : array (b,) of float
        Higher is chosen first; NaN at random.
    inclusion : array (b,) of float
        The probability with which the row was chosen from the pool, given the labels so far: 1 by
        score, the random share of what was left else; NaN for a row that is labelled already and so
        is none of the pool.
    said : tuple of str
        What differs from what was asked for.
    """

    place: Array
    reason: tuple[str, ...]
    score: Array
    inclusion: Array
    said: tuple[str, ...] = ()


def select_rows(
    pool: Pool, shares: Sequence[Share], budget: int, *, spread: int, seed: int
) -> Selection:
    """Choose the rows of a round.

    Parameters
    ----------
    shares : sequence of Share
        Their sum is at most 0.9; the rest is drawn at random.
    budget : int
        Rows to choose; fewer are chosen where the pool has fewer.
    spread : int
        Candidates for each row that is chosen by a score, so that they differ.
    seed : int
        The same seed and pool give the same rows.

    Raises
    ------
    InputError
        If less than a tenth would be drawn at random, or a strategy is unknown.

    Notes
    -----
    Rows by score come first and are certain (π = 1); n of the r rows that are left are drawn at
    random (π = n/r). :func:`assay.statistics.horvitz_thompson.horvitz_thompson` needs no more.
    What a strategy can't use, since its rows are few or equal, is drawn at random.

    Examples
    --------
    >>> features = np.arange(10.0)[:, None]
    >>> pool = Pool(features, np.full(10, -1))
    >>> found = select_rows(pool, [Share("core_set", 0.5)], 4, spread=1, seed=1)
    >>> found.reason, found.inclusion.tolist()
    (('core_set', 'core_set', 'random', 'random'), [1.0, 1.0, 0.25, 0.25])
    """
    check_shares(shares)
    kept, said = _possible(pool, shares)
    free, parts = pool.unlabelled, list[tuple[str, Array, Array, float]]()
    budget = min(budget, len(free) + _suspects(pool, kept))
    numbers = _numbers([one.share for one in kept], budget)
    for turn, (one, number) in enumerate(zip(kept, numbers, strict=True)):
        places, scores = _chosen(pool, one, free, number, spread, seed + turn)
        if len(places) < number:
            said.append(f"{one.reason}: {len(places)} of {number} rows; the others are at random")
        again = one.strategy == RELABEL
        parts.append((one.reason, places, scores, np.nan if again else 1.0))
        free = free if again else free[~np.isin(free, places)]
    left = min(budget - sum(len(places) for _, places, _, _ in parts), len(free))
    drawn = np.random.default_rng(seed).choice(free, size=left, replace=False, shuffle=False)
    parts.append((RANDOM, drawn, np.full(left, np.nan), left / max(len(free), 1)))
    return Selection(
        np.concatenate([places for _, places, _, _ in parts]),
        tuple(reason for reason, places, _, _ in parts for _ in places),
        np.concatenate([scores for _, _, scores, _ in parts]),
        np.concatenate([np.full(len(places), pi) for _, places, _, pi in parts]),
        tuple(said),
    )


def _chosen(
    pool: Pool, one: Share, free: Array, number: int, spread: int, seed: int
) -> tuple[Array, Array]:
    if one.strategy == RELABEL:
        return choose_suspects(pool, number)
    inside = free if one.where is None else free[pool.filters[one.where][free]]
    if one.strategy in DIVERSE:
        return choose_diverse(pool, one.strategy, inside, number, seed=seed)
    score = SCORES[one.strategy](pool)
    return choose_by_score(pool, score, inside, number, spread=spread, seed=seed)


def _suspects(pool: Pool, shares: Sequence[Share]) -> int:
    if pool.suspicion is None or all(one.strategy != RELABEL for one in shares):
        return 0
    return int(np.isfinite(pool.suspicion).sum())


def check_shares(shares: Sequence[Share]) -> None:
    """Refuse shares that can't be chosen by.

    Raises
    ------
    InputError
        If less than a tenth would be drawn at random, or a strategy is unknown.
    """
    known = [*SCORES, *DIVERSE, RELABEL]
    for one in shares:
        if one.strategy not in known:
            raise InputError("no such strategy", got=one.strategy,
                             expected=f"one of: {', '.join(known)}")  # fmt: skip
    total = sum(one.share for one in shares)
    if total > 1 - LEAST_RANDOM + 1e-9 or any(one.share < 0 for one in shares):
        raise InputError(
            "the shares leave too little for the random share", got=f"{total:.4g} in all",
            expected=f"at most {1 - LEAST_RANDOM:g}, and {LEAST_RANDOM:g} or more at random",
            do="Without it no accuracy over all rows can be estimated.",
        )  # fmt: skip


def _possible(pool: Pool, shares: Sequence[Share]) -> tuple[list[Share], list[str]]:
    """The shares that the labels so far allow: without a committee, diversity."""
    classes = len(np.unique(pool.given[pool.given >= 0]))
    if pool.chances is not None or classes > 1:
        return list(shares), []
    needs = [one for one in shares if one.strategy not in DIVERSE]
    if not needs:
        return list(shares), []
    # One class says nothing of where the other is: half of it is searched for at random.
    part = 0.5 if classes else 1.0
    why = "all labels are of one class" if classes else "there are no labels yet"
    instead = "at random and by diversity (k_means)" if classes else "by diversity (k_means)"
    names = ", ".join(dict.fromkeys(one.reason for one in needs))
    kept = [
        one if one.strategy in DIVERSE else Share("k_means", one.share * part, one.where)
        for one in shares
    ]
    return kept, [f"{why}, so that rows are chosen {instead} instead of by {names}"]


def _numbers(shares: Sequence[float], budget: int) -> list[int]:
    """Rows for each share: whole numbers, the largest remainders rounded up."""
    exact = np.array([*shares, 1.0 - sum(shares)]) * budget
    number = np.floor(exact + 1e-9).astype(int)
    rest = budget - int(number.sum())
    number[np.argsort(-(exact - number), kind="stable")[:rest]] += 1
    # The random share is at least what it was asked to be.
    if number[-1] < exact[-1] - 1e-9 and len(shares):
        number[number[:-1].argmax()] -= 1
        number[-1] += 1
    return [int(one) for one in number[:-1]]
