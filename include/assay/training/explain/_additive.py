"""Additive models: the fewest and nearest changes that flip a prediction, by integer programming.

Where the log-odds are a sum of one term a feature, as in a linear model behind any preprocessing of
single columns, what each change does alone says what all together do. The best choice is then a
small integer program, solved to its optimum.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from assay.training.explain._queue import Kind
from assay.training.explain._space import Array

_BEYOND: Final = 1e-9
"""By how much the log-odds must pass zero, so that rounding doesn't take the flip back."""
ADDITIVE: Final = 1e-6
"""Greatest relative difference of log-odds from the sum of their terms."""


@dataclass
class Program:
    """The integer program of one explained row.

    Parameters
    ----------
    features, codes : array (k,) of int
        The changes: a feature and its value.
    effects : array (k,)
        What each does to the log-odds of the wanted class.
    needed : float
        What all must do together.
    costs : array (k,)
        Share of Gower's distance, so that all together are at most 1.

    Notes
    -----
    With zᵢ 0 or 1: minimise Σ zᵢ(1 + cᵢ/2) so that Σ effectᵢ·zᵢ > needed and each feature changes
    at most once. A change less outweighs any distance.
    """

    features: Array
    codes: Array
    effects: Array
    needed: float
    costs: Array
    cuts: list[tuple[Array, int]] = field(default_factory=list)

    def solve(self) -> Mapping[int, int] | None:
        """The best changes that no cut forbids: feature → code; None if there are none."""
        from scipy.optimize import Bounds, LinearConstraint, milp

        k = len(self.features)
        if not k:
            return None
        one_each = (self.features[None] == np.unique(self.features)[:, None]).astype(float)
        limits: list[Any] = [
            LinearConstraint(self.effects[None], lb=self.needed + _BEYOND),
            LinearConstraint(one_each, ub=1),
        ]
        limits += [LinearConstraint(cut[None], ub=most) for cut, most in self.cuts]
        found = milp(
            1 + self.costs / 2, integrality=np.ones(k), bounds=Bounds(0, 1), constraints=limits,
            options={"mip_rel_gap": 0.0},
        )  # fmt: skip
        if found.x is None:
            return None
        chosen = np.flatnonzero(found.x > 0.5)
        return {int(self.features[i]): int(self.codes[i]) for i in chosen}

    def forbid(self, changes: Mapping[int, int]) -> None:
        """Forbid exactly these changes; more, or others, stay allowed."""
        cut = np.full(len(self.features), -1.0)
        for j, code in changes.items():
            cut[(self.features == j) & (self.codes == code)] = 1
        self.cuts.append((cut, len(changes) - 1))

    def forbid_kind(self, kind: Kind) -> None:
        """Forbid all changes that hold those of a kind, where -1 is any value of a number."""
        cut = np.zeros(len(self.features))
        for j, code in kind:
            cut[(self.features == j) & ((self.codes == code) | (code == -1))] = 1
        self.cuts.append((cut, len(kind) - 1))


def log_odds(scores: Array, target: Array) -> Array:
    """Log-odds of each row's wanted class, of two."""
    rows = np.arange(len(scores))
    with np.errstate(divide="ignore"):
        found: Array = np.log(scores[rows, target]) - np.log(scores[rows, 1 - target])
    return found


def sums_up(whole: Array, terms: Sequence[float] | Array) -> bool:
    """Whether log-odds are the sums that an additive model would have.

    Examples
    --------
    >>> sums_up(np.array([1.0, 2.0]), np.array([1.0, 2.0 + 1e-9]))
    True
    """
    expected = np.asarray(terms)
    if not (np.isfinite(whole).all() and np.isfinite(expected).all()):
        return False
    return bool(np.all(np.abs(whole - expected) <= ADDITIVE * (1 + np.abs(whole))))
