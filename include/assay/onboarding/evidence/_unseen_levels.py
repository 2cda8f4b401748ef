"""Whether a list of levels is complete, by how often the rarest of them occur."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Unseen:
    """Frequency evidence of a list of levels.

    Read ``mass``, the share of further rows that are expected to bring a level not seen yet (Good
    and Turing), then ``richness``, the least number of levels that there are in all (Chao1).
    """

    n: int
    levels: int
    once: int
    twice: int

    @property
    def mass(self) -> float:
        """Good–Turing estimate: levels seen once over rows."""
        return self.once / self.n if self.n else 1.0

    @property
    def richness(self) -> float:
        """Chao1, bias-corrected: levels seen + f1 (f1 − 1) / (2 (f2 + 1))."""
        return self.levels + self.once * (self.once - 1) / (2 * (self.twice + 1))


def measure_unseen(counts: Iterable[int]) -> Unseen:
    """Frequency evidence of the rows of each level.

    Notes
    -----
    Both estimates take rows as drawn independently. Rows of one batch aren't: a level that comes
    once a month is missing from the other days altogether, so several batches show more than one.

    References
    ----------
    Good, I. J. (1953). The population frequencies of species and the estimation of population
    parameters. Biometrika 40(3–4), 237–264. doi:10.1093/biomet/40.3-4.237
    Chao, A. (1984). Nonparametric estimation of the number of classes in a population.
    Scandinavian Journal of Statistics 11(4), 265–270. (bias-corrected form: Chao, A. (2005),
    Encyclopedia of Statistical Sciences, doi:10.1002/0471667196.ess5051)

    Examples
    --------
    >>> found = measure_unseen([50, 30, 2, 1, 1])
    >>> found.mass, found.richness
    (0.023809523809523808, 5.5)
    """
    seen = [n for n in counts if n > 0]
    by_count = Counter(seen)
    return Unseen(sum(seen), len(seen), by_count[1], by_count[2])
