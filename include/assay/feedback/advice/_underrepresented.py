"""Levels that are rarer among the rows that a model learned from than among newer ones.

References
----------
Miettinen O, Nurminen M (1985), Comparative analysis of two rates,
https://doi.org/10.1002/sim.4780040211.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from assay.feedback._rows import refuse_missing
from assay.records.models import Figure
from assay.statistics.corrections import holm
from assay.statistics.intervals import miettinen_nurminen, ratio_z, two_sided_level
from assay.verdict import Frozen


class Underrepresented(Frozen):
    """A level that is rarer among the training rows than where the model is asked.

    Parameters
    ----------
    share_of_training, share_of_population : float
        Of the rows that the model learned from, and of the newer ones.
    ratio : Figure
        The first over the second, with its interval and its corrected p.
    """

    column: str
    level: str
    share_of_training: float
    share_of_population: float
    ratio: Figure

    @property
    def says(self) -> str:
        """It in a sentence."""
        shares = f"{self.share_of_training:.1%} of the training rows and "
        shares += f"{self.share_of_population:.1%} of the rows released since"
        return f"rare in training: {self.column}={self.level}, {shares}"


def find_underrepresented(
    learned: pa.Table,
    newer: Iterable[pa.Table],
    columns: Sequence[str],
    *,
    alpha: float,
    least_number: int,
) -> tuple[Underrepresented, ...]:
    """Find the levels that are rarer among the training rows than among newer ones.

    Parameters
    ----------
    learned : pyarrow.Table
        The training rows.
    newer : iterable of pyarrow.Table
        The rows of each newer batch.
    columns : sequence of str
        Columns of texts or truth values; others are passed over. Don't name a classified one:
        levels are shown.
    alpha : float
        Chance of naming any level where both are drawn alike (Holm over all levels).
    least_number : int
        Least newer rows of a level.

    Raises
    ------
    InputError
        If the training rows lack a column.

    Examples
    --------
    >>> learned = pa.table({"site": ["A"] * 95 + ["B"] * 5})
    >>> newer = pa.table({"site": ["A"] * 50 + ["B"] * 50})
    >>> (found,) = find_underrepresented(learned, [newer], ["site"], alpha=0.05, least_number=20)
    >>> found.level, found.share_of_training, round(found.ratio.value, 3)
    ('B', 0.05, 0.1)
    """
    refuse_missing(learned, columns)
    blocks = list(newer)
    found = [
        counted for name in columns for counted in _counts(name, learned, blocks)
        if counted.newer >= least_number
    ]  # fmt: skip
    adjusted = holm([two_sided_level(ratio_z(*one.counts, 1.0)) for one in found])
    return tuple(
        one.as_finding(alpha / len(found), p) for one, p in zip(found, adjusted, strict=True)
        if p <= alpha and one.ratio < 1
    )  # fmt: skip


@dataclass(frozen=True)
class _Counted:
    """How often a level is in the training rows, and in the newer ones."""

    column: str
    level: str
    learned: int
    rows: int
    newer: int
    population: int

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """As the comparison of two shares takes them."""
        return self.learned, self.rows, self.newer, self.population

    @property
    def ratio(self) -> float:
        """Its share of the training rows over that of the newer ones."""
        return (self.learned / self.rows) / (self.newer / self.population)

    def as_finding(self, alpha: float, p: float) -> Underrepresented:
        """With the interval of the ratio."""
        low, high = miettinen_nurminen(*self.counts, alpha)
        low, high = min(low, self.ratio), max(high, self.ratio)
        return Underrepresented(
            column=self.column, level=self.level,
            share_of_training=self.learned / self.rows,
            share_of_population=self.newer / self.population,
            ratio=Figure(value=self.ratio, low=low, high=high, n=self.population, p=p,
                         how="Miettinen–Nurminen"),
        )  # fmt: skip


def _counts(name: str, learned: pa.Table, newer: Sequence[pa.Table]) -> Iterator[_Counted]:
    """Each level of a column of texts that the newer rows have."""
    kind = learned[name].type
    if not (pa.types.is_string(kind) or pa.types.is_boolean(kind)):
        return
    before = Counter(pc.cast(learned[name], "string").to_pylist())
    now = Counter(v for block in newer for v in pc.cast(block[name], "string").to_pylist())
    rows, population = sum(before.values()), sum(now.values())
    for level in sorted(v for v in now if v is not None):
        yield _Counted(name, level, before[level], rows, now[level], population)
