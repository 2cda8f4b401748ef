"""From an alarm and both tables to the cause."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from ibis import Table

from assay.contract import Contract
from assay.drift.attribution._alarms import Alarm
from assay.drift.attribution._cause import Cause, SegmentPart, Split
from assay.drift.attribution._decomposition import Parts, decompose
from assay.drift.attribution._score import Score, score_of
from assay.drift.attribution._segments import (
    OTHER,
    Segmenting,
    is_classified,
    segment_counts,
    segmenting_columns,
)
from assay.drift.columns._column_values import Sides
from assay.drift.columns._counted_table import CountedTable, Released
from assay.engine import ROW, round12
from assay.policy.drift import DriftPolicy, NumericTest

_NEAR: Final = 0.9
"""Of columns that explain almost as much as the best, the one with the fewest segments is taken."""
_EVEN: Final = 0.25
"""Segments that differ by less than this, over the whole, are alike to a reader, however many rows
prove that they aren't quite."""
_MOST: Final = 5
_MUCH: Final = 0.8
Array = np.ndarray[Any, Any]


def explain_drift(
    reference: Table | Released | CountedTable,
    current: Table | Released | CountedTable,
    alarm: Alarm,
    policy: DriftPolicy,
    contract: Contract | None = None,
) -> tuple[Cause, Table | None]:
    """Split an alarm into the mix of segments and changes within them, and find the segments.

    Read ``segmenting`` first: None means that no column's segments differ by more than chance, so
    the shift is the same everywhere; else ``best`` is the split over that column.

    Parameters
    ----------
    reference, current : CountedTable, Released or ibis.Table
        The two tables that were compared, whole. The levels of a :class:`CountedTable` that several
        alarms share are counted once.
    alarm : Alarm
        One of :func:`alarms`.
    policy : DriftPolicy
        Its ``segmenting`` columns, else the contract's columns of few levels are tried.
    contract : Contract, optional
        Says which columns are classified, and their closed lists.

    Returns
    -------
    Cause
        Without splits where a column is absent or of another type: the pipeline is the cause.
    ibis.Table or None
        Row numbers of the batch's rows that carry the shift: those on the side that gained
        rows, in the segments that carry it. None where tables have no row numbers.

    Notes
    -----
    Of the columns that were tried, those count whose p is at most alpha over their number and whose
    segments stand out by a quarter of the whole; the one whose segments stand out most is taken, or
    one with fewer segments that comes within a tenth.
    Both tables are read once for the point or the cells of the effect, once for the levels of
    the columns that are tried, and once for the rows of each segment and cell.

    References
    ----------
    Kitagawa (1955), https://doi.org/10.1080/01621459.1955.10501299; Cai, Namkoong & Yadlowsky
    (2023), Diagnosing model performance under distribution shift,
    https://doi.org/10.48550/arXiv.2303.02011; Budhathoki et al. (2021), Why did the distribution
    change?, https://proceedings.mlr.press/v130/budhathoki21a.html.
    """
    sides = CountedTable.of(reference), CountedTable.of(current)
    bare = Cause(**alarm.place)
    score = _score(sides, alarm, policy, contract)
    if score is None:
        return bare, None
    bare = bare.model_copy(update={"score": score.words, "measure": score.measure})
    segmenting = segmenting_columns(sides, alarm.part, policy, contract, alarm.column)
    if not segmenting:
        return bare, None
    counts = segment_counts(score, segmenting)
    found = [_Found(by, n, score.cells) for by, n in zip(segmenting, counts, strict=True)]
    ranked, chosen = _ranked(found, policy)
    best = ranked[0]
    hides = is_classified(alarm.column, policy, contract)
    found_of = {
        "whole": round12(best.parts.whole),
        "segmenting": chosen and chosen.by.column,
        "splits": tuple(_split(one, score.measure == "share", hides) for one in ranked),
        **best.gaining(chosen is not None),
    }
    return bare.model_copy(update=found_of), _rows(score, chosen, best.parts.centre)


class _Found:
    """One column that was tried."""

    def __init__(self, by: Segmenting, counts: Array, values: Array) -> None:
        self.by, self.counts, self.values = by, counts, values
        self.parts: Parts = decompose(counts, values)

    @property
    def carrying(self) -> list[int]:
        """The fewest segments whose parts sum to four fifths of the whole, five at most."""
        total = self.parts.mix + self.parts.within
        order = np.argsort(-total, kind="stable")
        enough = int((np.cumsum(total[order]) < _MUCH * self.parts.whole).argmin()) + 1
        return [int(i) for i in order[: min(enough, _MOST)] if total[i] > 0]

    def gaining(self, carrying: bool) -> dict[str, int]:
        """Rows of the batch with a score above the centre, and how many more they are than before.

        Of all segments, or of those that carry the shift.
        """
        segments = self.carrying if carrying else slice(None)
        some = self.counts[:, segments][:, :, self.values > self.parts.centre].sum(axis=(1, 2))
        expected = some[0] * self.counts[1].sum() / self.counts[0].sum()
        return {"rows": int(some[1]), "excess": round(float(some[1] - expected))}


def _rows(score: Score, chosen: _Found | None, centre: float) -> Table | None:
    """Numbers of the batch's rows that carry the shift, one column, None without row numbers."""
    if ROW not in score.current.columns:
        return None
    rows = score.current.filter(score.gaining(score.current, centre))
    if chosen is not None:
        keys = [[*chosen.by.keys, OTHER][i] for i in chosen.carrying]
        rows = rows.filter(chosen.by.expression(rows).isin(keys))
    return rows.select(ROW)


def _score(
    sides: Sides, alarm: Alarm, policy: DriftPolicy, contract: Contract | None
) -> Score | None:
    if any(alarm.column not in side.table.columns for side in sides):
        return None
    spec = policy.columns[alarm.column]
    named = not is_classified(alarm.column, policy, contract)
    what = alarm.part, alarm.column, alarm.code, spec.effect
    return score_of(sides, *what, ordered=isinstance(spec, NumericTest), named=named)


def _ranked(found: Sequence[_Found], policy: DriftPolicy) -> tuple[list[_Found], _Found | None]:
    """Rank all splits, the best first, and choose the one that explains the shift, if any."""
    level = (policy.alpha or 0.0) / len(found)
    ranked = sorted(found, key=lambda one: (one.parts.restates, -one.parts.stands_out))
    sure = [one for one in ranked if one.parts.p <= level and not one.parts.restates]
    explaining = [one for one in sure if one.parts.stands_out >= _EVEN]
    if not explaining:
        return ranked, None
    least = _NEAR * explaining[0].parts.stands_out
    near = [one for one in explaining if one.parts.stands_out >= least]
    best = min(near, key=lambda one: len(one.by.keys))
    return [best, *(one for one in ranked if one is not best)], best


def _split(one: _Found, shares: bool, hides: bool) -> Split:
    by, parts = one.by, one.parts
    segments = [
        SegmentPart(
            label=label,
            rows_reference=by.shown(int(parts.rows[0, i])),
            rows_current=by.shown(int(parts.rows[1, i])),
            mean_reference=_mean(one, 0, i, hides) if shares else None,
            mean_current=_mean(one, 1, i, hides) if shares else None,
            mix=round12(float(parts.mix[i])),
            within=round12(float(parts.within[i])),
            carries=i in one.carrying,
        )
        for i, label in enumerate(by.labels)
        if parts.rows[:, i].any()
    ]
    return Split(
        column=by.column,
        classified=by.classified,
        segments=tuple(sorted(segments, key=lambda s: -s.total)),
        mix=round12(float(parts.mix.sum())),
        within=round12(float(parts.within.sum())),
        mix_error=round12(parts.mix_error),
        within_error=round12(parts.within_error),
        p=round12(parts.p),
        stands_out=round12(parts.stands_out),
        restates=parts.restates,
    )


def _mean(one: _Found, side: int, segment: int, hides: bool) -> float | None:
    """A segment's share, None where the rows behind it are too few to be shown."""
    rows, mean = int(one.parts.rows[side, segment]), one.parts.means[side, segment]
    if not rows or isinstance(one.by.shown(rows), str):
        return None
    counted = min(round(rows * mean), rows - round(rows * mean))
    hidden = (hides or one.by.classified) and 0 < counted < one.by.least
    return None if hidden else round12(float(mean))
