"""The levels of a column over all batches, and whether they are a closed list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from assay.onboarding.evidence._column_names import names_code
from assay.onboarding.evidence._columns import ColumnEvidence, Level
from assay.onboarding.evidence._rounding import lower_limit
from assay.onboarding.evidence._unseen_levels import Unseen, measure_unseen
from assay.onboarding.evidence._versions import Version

_ROWS_A_LEVEL: Final = 5
_MOST_NUMBERS: Final = 20
_TOLERABLE_MASS: Final = 0.001


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


def measure_list(column: ColumnEvidence, versions: Sequence[Version]) -> LevelList | None:
    """The list of a column's levels; None where the column isn't a list.

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
    return LevelList(
        levels=tuple(sorted(counts)),
        rarest=min(counts.values()),
        unseen=measure_unseen(counts.values()),
        batches=len(batches) + 1,
        arrivals=_arrivals([*batches, column.levels]),
    )


def _arrivals(batches: Sequence[Collection[Level]]) -> int:
    """Batches of the later half that brought a level which no earlier one had."""
    seen: set[Level] = set()
    new = []
    for one in batches:
        new.append(bool(set(one) - seen))
        seen |= set(one)
    return sum(new[max(1, len(batches) // 2) :])
