"""The levels of a column over all batches, and whether they are a closed list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from assay.onboarding.evidence._column_names import names_code
from assay.onboarding.evidence._columns import ColumnEvidence
from assay.onboarding.evidence._data_view import Level
from assay.onboarding.evidence._rounding import lower_limit
from assay.onboarding.evidence._versions import Version

_ROWS_A_LEVEL: Final = 5
_MOST_NUMBERS: Final = 20
_TOLERABLE_MASS: Final = 0.001


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


@dataclass(frozen=True)
class LevelList:
    """Levels, and the evidence of further ones.

    Read ``why_open``, then ``mostly``. ``arrivals`` are batches of the later half that brought a
    level which no earlier one had.
    """

    levels: tuple[Any, ...]
    rarest: int
    unseen: Unseen
    batches: int = 1
    arrivals: int = 0

    @property
    def why_open(self) -> str:
        """Why the list isn't closed; empty where it is."""
        unseen = self.unseen
        more = f"{unseen.mass:.2%} of further rows would have a new one (Good and Turing)"
        if self.batches > 1 and self.arrivals:
            return (
                f"no closed list: new levels occurred in {self.arrivals} of the later half "
                f"of {self.batches} batches"
            )
        if unseen.n < _ROWS_A_LEVEL * unseen.levels:
            return f"no closed list: {unseen.levels} levels in only {unseen.n} rows; {more}"
        if unseen.once and unseen.mass > _TOLERABLE_MASS:
            return (
                f"no closed list: {unseen.once} of {unseen.levels} levels were seen once; {more}, "
                f"and there are at least {unseen.richness:.0f} (Chao1)"
            )
        return ""

    @property
    def mostly(self) -> float:
        """The share of rows that keep the list: 1 where no level was seen only once."""
        unseen = self.unseen
        return lower_limit(unseen.n - unseen.once, unseen.n) if unseen.once else 1.0


def list_of(counts: Mapping[Any, int]) -> LevelList:
    """The list of the levels of one batch, each with its rows."""
    return LevelList(tuple(counts), min(counts.values()), measure_unseen(counts.values()))


def measure_list(
    column: ColumnEvidence, versions: Sequence[Version], own: Sequence[Version] = ()
) -> LevelList | None:
    """The list of a column's levels; None where the column isn't a list.

    ``versions`` are earlier batches, ``own`` those whose rows the column itself holds.

    Numbers are listed only where there are few, or where the name suggests codes.
    """
    if column.levels is None:
        return None
    if column.numeric and len(column.levels) > _MOST_NUMBERS and not names_code(column.name):
        return None
    batches = [v.levels[column.name] for v in versions if column.name in v.levels]
    counts = Counter(dict(column.levels))
    for one in batches:
        counts.update(one)
    parts = [v.levels[column.name] for v in own if column.name in v.levels] or [column.levels]
    return LevelList(
        levels=tuple(sorted(counts)),
        rarest=min(counts.values()),
        unseen=measure_unseen(counts.values()),
        batches=len(batches) + len(parts),
        arrivals=_arrivals([*batches, *parts]),
    )


def _arrivals(batches: Sequence[Collection[Level]]) -> int:
    """Batches of the later half that brought a level which no earlier one had."""
    seen: set[Level] = set()
    new = []
    for one in batches:
        new.append(bool(set(one) - seen))
        seen |= set(one)
    return sum(new[max(1, len(batches) // 2) :])
