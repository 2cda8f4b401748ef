"""The profile of a column: what one scan finds, enough to compute changes without another scan.

A profile has the exact sums of a column's values. Near a quantile and beyond the bounds of a clip
it has the values themselves; elsewhere it has counts only. Clipping, emptying and filling change
few cells, and their values are known, so the profile of the changed column is computed exactly.
Where it can't be computed there is no profile, and the column is scanned again.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Final, Self

import numpy as np

from assay.statistics.exact import BITS, Moments

LEAST: Final = -(2**63)
MOST: Final = 2**63 - 1
_HEADROOM: Final = 6
"""A value may lie beyond a sample's reach by so many doublings; else there is no profile."""
_FEW: Final = 200
"""The least number of values in a sample that shows where a quantile lies."""
_TAIL: Final = 0.08
"""How far within the expected bounds, as a share of their distance, values are kept."""
_MOST_KEPT: Final = 0.03
"""The largest share of the values that is kept beyond the expected bounds."""
_HEAVY: Final = 0.005
"""Share of the values from which on equal ones are counted rather than kept."""
_LEAST_SPREAD: Final = Fraction(1, 2**36)
"""The least variance, in squares of the frame's reach, that rounded squares can measure."""


@dataclass(frozen=True)
class Frame:
    """Where a column's values lie: whole numbers of ``2 ** (exponent - 62)`` from a centre."""

    centre: float
    exponent: int

    @classmethod
    def around(cls, values: Any) -> Self | None:
        """The frame of values in ascending order; None where they hardly spread."""
        if not len(values):
            return None
        centre = float(values[len(values) // 2])
        reach = float(max(values[-1] - centre, centre - values[0]))
        exponent = math.frexp(reach)[1] + _HEADROOM
        return cls(centre, exponent) if reach and abs(exponent) < 400 else None

    def parts(self, values: Any) -> Any:
        """Values as shares of the frame's reach."""
        return (values - self.centre) * 2.0**-self.exponent

    def whole(self, values: Any) -> Any:
        """Values as whole numbers, as the engine rounds them; an array of values within reach."""
        return np.rint(self.parts(values) * 2.0**BITS).astype(np.int64)

    def sums(self, values: Any) -> tuple[int, int]:
        """The sums of values' whole numbers, and of their squares', as the engine has them."""
        parts = self.parts(values)
        squares = np.rint(parts * parts * 2.0**BITS).astype(np.int64)
        return _exact(self.whole(values)), _exact(squares)

    def place(self, value: float) -> int:
        """The whole number of any one value, held within 64 bits."""
        part = self.parts(value)
        if abs(part) >= 1.5:
            return MOST if part > 0 else LEAST
        return int(np.rint(part * 2.0**BITS))

    def reaches(self, value: float) -> bool:
        """Whether a value may be summed here."""
        return bool(abs(self.parts(value)) <= 1.0)


def _exact(whole: Any) -> int:
    """The sum of many whole numbers of 64 bits, fewer than 2**31 of them."""
    high, low = whole >> 31, whole & (2**31 - 1)
    return (int(high.sum()) << 31) + int(low.sum())


@dataclass(frozen=True)
class Piece:
    """An interval of whole numbers that begins at ``first``; ``values`` is None if only counted.

    ``heavy`` are values that occur often, each with its count, beside ``values``.
    """

    first: int
    count: int
    values: Any = None
    heavy: Mapping[float, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many values lie in it."""
        return self.count + sum(self.heavy.values())

    def at(self, rank: int) -> float | None:
        """The value of a rank, counted from 0 within the piece."""
        if self.values is None:
            return None
        if not self.heavy:
            return float(np.partition(self.values, rank)[rank]) + 0.0
        ordered, seen = np.sort(self.values), 0
        for value in sorted(self.heavy):
            less = int(np.searchsorted(ordered, value))
            if rank < less + seen:
                break
            seen += self.heavy[value]
            if rank < less + seen:
                return value + 0.0
        return float(ordered[rank - seen]) + 0.0

    def outside(self, low: float, high: float) -> tuple[Self, int, int, Any]:
        """The piece within the bounds, how many values were below and above, and these values."""
        values, heavy = self.values, dict(self.heavy)
        under, over = values < low, values > high
        gone = [values[under | over]]
        below, above = int(np.count_nonzero(under)), int(np.count_nonzero(over))
        for value, count in self.heavy.items():
            if low <= value <= high:
                continue
            gone.append(np.full(heavy.pop(value), value))
            below, above = (below + count, above) if value < low else (below, above + count)
        kept = values[~(under | over)]
        left = replace(self, count=len(kept), values=kept, heavy=heavy)
        return left, below, above, np.concatenate(gone)

    def more(self, value: float, count: int) -> Self:
        """The piece with ``count`` more of a value."""
        if self.values is None:
            return replace(self, count=self.count + count)
        return replace(self, heavy={**self.heavy, value: self.heavy.get(value, 0) + count})


@dataclass(frozen=True)
class Profile:
    """What a scan found of a column: its pieces, its sums, and how many cells have no number.

    The sums are of the values' whole numbers in the frame, None where they weren't requested.
    ``below`` and ``above`` count the infinite cells.
    """

    frame: Frame
    pieces: tuple[Piece, ...]
    sums: tuple[int, int] | None
    missing: int = 0
    below: int = 0
    above: int = 0

    @classmethod
    def whole_of(cls, values: Any) -> Self | None:
        """The profile of a few values, all of them known; NaN is a missing cell."""
        finite = np.sort(values[np.isfinite(values)])
        frame = Frame.around(finite)
        if frame is None or len(finite) < _FEW:
            return None
        return cls(
            frame, (Piece(LEAST, len(finite), finite),), frame.sums(finite),
            missing=int(np.count_nonzero(np.isnan(values))),
            below=int(np.count_nonzero(np.isneginf(values))),
            above=int(np.count_nonzero(np.isposinf(values))),
        )  # fmt: skip

    @property
    def n(self) -> int:
        """The number of finite values."""
        return sum(piece.total for piece in self.pieces)

    def moments(self) -> Moments | None:
        """Count, mean and squared deviations, each rounded once.

        None where no sum is known, or where the spread is so small in its frame that the rounding
        of the squares would show.
        """
        n = self.n
        if self.sums is None or not n:
            return None
        total, squares = (Fraction(s, 2**BITS) for s in self.sums)
        beside = total / n
        spread = squares - n * beside**2
        if spread < n * _LEAST_SPREAD:
            return None
        mean = float(Fraction(self.frame.centre) + beside * Fraction(2) ** self.frame.exponent)
        return Moments(n, mean, spread, self.frame.exponent)

    def quantile(self, share: float) -> float | None:
        """Type 7; None where one of the two values that it lies between isn't known."""
        if not self.n:
            return None
        at = (self.n - 1) * share
        rank = math.floor(at)
        below, above = self.ranked(rank), self.ranked(min(rank + 1, self.n - 1))
        if below is None or above is None:
            return None
        return below + (above - below) * (at - rank) if above > below else below

    def ranked(self, rank: int) -> float | None:
        """The value of a rank, counted from 0."""
        for piece in self.pieces:
            if rank < piece.total:
                return piece.at(rank)
            rank -= piece.total
        return None

    def clipped(self, low: float, high: float, least: float, most: float) -> Self | None:
        """The profile once values below ``low`` are ``least`` and values above ``high`` ``most``.

        None where the values beyond the bounds aren't known.
        """
        found = self._within(low, high)
        if found is None:
            return None
        inner, under, over = found
        one = inner.with_more(least, under + self.below)
        return one and replace(one, below=0, above=0).with_more(most, over + self.above)

    def emptied(self, low: float, high: float) -> Self | None:
        """The profile after values beyond the bounds became null; None where they aren't known."""
        found = self._within(low, high)
        if found is None:
            return None
        inner, under, over = found
        gone = under + over + self.below + self.above
        return replace(inner, missing=self.missing + gone, below=0, above=0)

    def filled(self, value: float) -> Self | None:
        """The profile after cells without a number got this one."""
        one = self.with_more(value, self.missing)
        return one and replace(one, missing=0)

    def with_more(self, value: float, count: int) -> Self | None:
        """The profile with ``count`` more of a value; None where it can't be summed."""
        if not count:
            return self
        if not self.frame.reaches(value):
            return None
        at = bisect.bisect_right([p.first for p in self.pieces], self.frame.place(value)) - 1
        pieces = [p.more(value, count) if i == at else p for i, p in enumerate(self.pieces)]
        return replace(self, pieces=tuple(pieces), sums=self._sums(np.array([value]), count))

    def _sums(self, values: Any, times: int) -> tuple[int, int] | None:
        if self.sums is None:
            return None
        total, squares = self.frame.sums(values)
        return self.sums[0] + times * total, self.sums[1] + times * squares

    def _within(self, low: float, high: float) -> tuple[Self, int, int] | None:
        """The profile within the bounds, and how many values lie below and above."""
        below = above = 0
        pieces, gone = [], []
        ends = [*(p.first for p in self.pieces[1:]), MOST + 1]
        first, last = self.frame.place(low), self.frame.place(high)
        for piece, end in zip(self.pieces, ends, strict=True):
            if piece.values is None:
                if piece.first <= first or end > last:
                    return None
                pieces.append(piece)
                continue
            left, under, over, values = piece.outside(low, high)
            pieces.append(left)
            gone.append(values)
            below, above = below + under, above + over
        away = np.concatenate([*gone, np.empty(0)])
        return replace(self, pieces=tuple(pieces), sums=self._sums(away, -1)), below, above

    def span(self, share: float) -> tuple[float, float]:
        """Two values between which the quantile of all rows almost surely lies, from a sample."""
        m = self.n
        reach = 5 * math.sqrt(m * share * (1 - share)) + 0.002 * m + 2
        low, high = math.floor((m - 1) * share - reach), math.ceil((m - 1) * share + reach)
        least = self.ranked(low) if low >= 0 else None
        most = self.ranked(high) if high < m else None
        return -math.inf if least is None else least, math.inf if most is None else most

    def tails(self, low: float, high: float) -> list[tuple[float, float]] | None:
        """The spans beyond bounds like these, from a sample; None if they hold too many values."""
        room = _TAIL * (high - low) / 2
        found = self._within(low + room, high - room)
        if found is None or found[1] + found[2] > _MOST_KEPT * self.n:
            return None
        return [(-math.inf, low + room), (high - room, math.inf)]

    def frequent(self) -> tuple[float, ...]:
        """The values that occur often in a sample."""
        values = self.pieces[0].values
        step = max(int(_HEAVY * len(values)), 1)
        equal = values[step:] == values[:-step]
        return tuple(np.unique(values[step:][equal]).tolist())


def merged(frame: Frame, spans: Iterable[tuple[float, float]]) -> list[tuple[int, int]]:
    """Spans as intervals of whole numbers in ascending order; those that meet become one."""
    found: list[tuple[int, int]] = []
    for low, high in sorted(spans):
        first = LEAST if low == -math.inf else frame.place(low)
        last = MOST if high == math.inf else frame.place(high)
        if found and first <= found[-1][1] + 1:
            found[-1] = found[-1][0], max(found[-1][1], last)
        else:
            found.append((first, last))
    return found
