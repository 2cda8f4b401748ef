"""What is expected of the values of a column: their levels, range and mean."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import Any, Final

from assay.onboarding.evidence._column_pairs import sample_quantiles
from assay.onboarding.evidence._data_view import Level
from assay.onboarding.evidence._level_list import LevelList
from assay.onboarding.evidence._rounding import outward
from assay.onboarding.evidence._value_range import EXPECTED_BEYOND, measure_range
from assay.onboarding.evidence._versions import LEAST_VERSIONS, prediction_band
from assay.onboarding.proposals._context import ColumnContext, Found
from assay.onboarding.proposals._proposal import Proposal, Remark

LEAST_CONSTANT: Final = 20
"""Fewer values than these show neither a constant nor a middle."""


def propose_levels(context: ColumnContext) -> Found:
    """Propose a closed list, if the rarest levels show that it is complete; else remark why not."""
    found = context.level_list
    if context.restated is not None:
        yield Remark(context.name, context.restated.text)
        return
    if found is None:
        yield from _constant(context)
        return
    if context.names_batch:
        yield Remark(context.name, "one value in all rows: it names the batch")
        return
    if found.why_open:
        if not context.column.numeric:
            yield Remark(context.name, found.why_open)
        return
    kwargs = context.kwargs(value_set=list(found.levels))
    if found.unseen.once:
        kwargs["mostly"] = found.mostly
    yield from _spelt_alike(context.name, found.levels)
    yield Proposal("expect_column_values_to_be_in_set", kwargs, _rationale(found),
                   _evidence(found), context.stage)  # fmt: skip


def _constant(context: ColumnContext) -> Found:
    """A number that is the same in all rows, which is no range."""
    if not context.constant or context.names_batch or context.present < LEAST_CONSTANT:
        return
    value, n = context.column.top[0], context.present
    shown = _number(value, context.column.type == "integer")
    yield Proposal(
        "expect_column_values_to_be_in_set", context.kwargs(value_set=[shown]),
        f"Each of {n} values is {shown}.", {"n": n, "distinct": 1}, context.stage,
    )  # fmt: skip


def _evidence(found: LevelList) -> dict[str, Any]:
    unseen = found.unseen
    batches = {"batches": found.batches} if found.batches > 1 else {}
    return {
        "n": unseen.n, "distinct": unseen.levels, "seen_once": unseen.once,
        "seen_twice": unseen.twice, "rarest": found.rarest,
        "unseen_share": round(unseen.mass, 6), "chao1": round(unseen.richness, 1), **batches,
    }  # fmt: skip


def _rationale(found: LevelList) -> str:
    unseen = found.unseen
    why = f"{unseen.levels} levels in {unseen.n} rows, the rarest in {found.rarest}"
    if found.batches > 1:
        why += f", in {found.batches} batches"
    if unseen.once:
        return why + (
            f"; {unseen.once} seen once, so that {unseen.mass:.4%} of further rows may bring a new "
            "one (Good and Turing), which mostly allows."
        )
    return why + "; none seen only once, so no further one is expected (Good and Turing, Chao1)."


def _spelt_alike(name: str, levels: Collection[Level]) -> Found:
    """Levels that differ in case only: probably one, and cleaning can make them so."""
    folded: dict[str, list[str]] = {}
    for level in sorted(str(v) for v in levels):
        folded.setdefault(level.casefold(), []).append(level)
    for same in folded.values():
        if len(same) > 1:
            yield Remark(name, f"{' and '.join(map(repr, same))} differ in case only: a text step "
                         "of the cleaning policy can make them one")  # fmt: skip


def propose_range(context: ColumnContext) -> Found:
    """Propose a range that another batch of the same size hardly leaves."""
    column, name = context.column, context.name
    if not column.top or context.unmeasured or context.constant:
        return
    low, high = column.bottom[0], column.top[0]
    if not (math.isfinite(low) and math.isfinite(high)):
        yield Remark(name, "no range: it holds infinity")
        return
    code = _sentinel(column.top) or _sentinel(column.bottom)
    if code:
        yield Remark(name, code)
    yield _proposal(context, low, high)


def _proposal(context: ColumnContext, low: float, high: float) -> Proposal:
    column, name = context.column, context.name
    found, whole = measure_range(column), column.type == "integer"
    seen = [(v.lows[name], v.highs[name]) for v in context.of.versions if name in v.lows]
    below = min([found.below, *(a for a, _ in seen)])
    above = max([found.above, *(b for _, b in seen)])
    kwargs = context.kwargs(
        min_value=int(below) if whole else below, max_value=int(above) if whole else above
    )
    least, most = _number(low, whole), _number(high, whole)
    evidence = {"min": least, "max": most, "mean": column.mean, **found.tails}
    if seen:
        evidence |= {"batches": len(seen) + 1, "least": min(a for a, _ in seen),
                     "most": max(b for _, b in seen)}  # fmt: skip
    why = f"From {least} to {most}" + (
        f"; by the tails of the values {EXPECTED_BEYOND:g} rows of another such batch are expected "
        "beyond each limit, which is rounded outward."
        if found.tails else
        ", with a tenth of the span to spare on each side, rounded outward: too few different "
        "values for more."
    )  # fmt: skip
    return Proposal("expect_column_values_to_be_between", kwargs, why, evidence, "clean")


def _number(value: float, whole: bool) -> float | int:
    return int(value) if whole or value.is_integer() else value


def _sentinel(extremes: Sequence[float]) -> str:
    """A remark on a value that occurs often, far beyond all others; empty without one."""
    outermost, times = extremes[0], sum(x == extremes[0] for x in extremes)
    rest = [x for x in extremes if x != outermost]
    if times < 3 or len(rest) < 20:
        return ""
    gap, spread = abs(outermost - rest[0]), abs(rest[0] - rest[-1])
    if gap <= max(spread, abs(rest[0])):
        return ""
    return (
        f"{_number(outermost, False)} occurs {times} times, far from the next value "
        f"({_number(rest[0], False)}): a code for 'unknown' or 'more'?"
    )


def propose_median(context: ColumnContext) -> Found:
    """Propose how far the middle of the values may lie from all of them: another unit is beyond.

    Not where a batch has few values: an ordinary one may have none, and so no median.

    Notes
    -----
    From half of the span between the .05 and .95 quantiles below the first to as much above the
    second. Medians of single batches that lie outside are held with as much to spare. Where there
    are four batches or more, the limits also hold the 99 % prediction interval of the next one's
    median. Of positive values they are no lower than a quarter of the least of these. Of more than
    20 000 rows the quantiles are those of as many: at the .05 quantile they are off by .0015 in
    rank (one standard error), and the limits lie half of the span away.
    """
    column, n = context.column, context.present
    if not column.top or context.unmeasured or _fewest(context) < LEAST_CONSTANT:
        return
    sample = context.of.sample
    quantiles = sample_quantiles(sample, context.name, (0.05, 0.5, 0.95))
    if not quantiles:
        return
    first, middle, last = quantiles
    if not (math.isfinite(first) and math.isfinite(last)) or first == last or not middle:
        return
    seen = [v.medians[context.name] for v in context.of.versions if context.name in v.medians]
    low, high = min([first, *seen]), max([last, *seen])
    room = (last - first) / 2
    below, above = low - room, high + room
    band = _next_median(seen)
    below, above = min([below, *band]), max([above, *band])
    if low > 0:
        below = max(below, low / 4)
    if high < 0:
        above = min(above, high / 4)
    below, above = outward(below, above, whole=False)
    batches = f"{context.of.batches} batches" if context.of.batches > 1 else "one batch"
    some = {"sampled": len(sample)} if len(sample) < context.of.evidence.rows else {}
    if some:
        batches = f"{len(sample):,} rows of {batches}"
    also = ", or what the medians of the batches predict" if band else ""
    yield Proposal(
        "expect_column_median_to_be_between",
        context.kwargs(min_value=below, max_value=above),
        f"The median of {batches} is {middle:.6g}, nine tenths of the values lie from {first:.6g} "
        f"to {last:.6g}, and half of that span is to spare{also}: wide enough for a batch that "
        "differs, and not for another unit.",
        {"n": n, "median": middle, "q05": first, "q95": last, "batches": context.of.batches,
         **some},
        severity="critical",
    )  # fmt: skip


def _fewest(context: ColumnContext) -> int:
    """The values of the batch that has the fewest."""
    name = context.name
    own = [] if context.of.own else [context.present]
    return min([*own, *(v.rows - v.nulls[name] for v in context.of.versions if name in v.nulls)])


def _next_median(medians: Sequence[float]) -> tuple[float, ...]:
    """The interval that the batches' medians predict; empty where they are too few for one."""
    return prediction_band(medians) if len(medians) >= LEAST_VERSIONS else ()


def propose_mean(context: ColumnContext) -> Found:
    """Propose a band for the next batch's mean."""
    column, name = context.column, context.name
    means = [v.means[name] for v in context.of.versions if name in v.means]
    if column.mean is None or len(means) < LEAST_VERSIONS or context.unmeasured:
        return
    low, high = _rounded(*prediction_band(means))
    if not low <= column.mean <= high and not context.of.own:
        yield Remark(name, f"its mean {column.mean:.6g} is outside {low:g} to {high:g}, "
                     f"the interval that {len(means)} earlier batches predict")  # fmt: skip
        return
    yield Proposal(
        "expect_column_mean_to_be_between",
        context.kwargs(min_value=low, max_value=high),
        f"The means of {context.of.named(len(means))} are between {min(means):.6g} and "
        f"{max(means):.6g}; the 99 % prediction interval of the next one's.",
        {"batches": len(means), "least": min(means), "most": max(means), "mean": column.mean},
        "clean",
    )  # fmt: skip


def _rounded(low: float, high: float) -> tuple[float, float]:
    unit = 10.0 ** (math.floor(math.log10((high - low) or abs(high) or 1.0)) - 2)
    below, above = math.floor(low / unit) * unit, math.ceil(high / unit) * unit
    return float(f"{below:.12g}"), float(f"{above:.12g}")
