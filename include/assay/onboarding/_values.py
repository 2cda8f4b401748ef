"""Proposals on single columns: types, nulls, uniqueness, levels, ranges, lengths, patterns."""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from assay.onboarding._earlier import Version
from assay.onboarding._numbers import rounded_down, rounded_up, wilson
from assay.onboarding._patterns import Pattern
from assay.onboarding._profile import KEY_WORDS, widened, words
from assay.onboarding._proposal import Proposal, Remark, Stage
from assay.onboarding._survey import ColumnSurvey, Survey
from assay.onboarding._tails import fit_tail
from assay.onboarding._unseen import Unseen, measure_unseen

Found = Iterator[Proposal | Remark]

_EXPECTED_BEYOND: Final = 0.01
_ROWS_A_LEVEL: Final = 5
_MOST_NUMBERS: Final = 20
_TOLERABLE_MASS: Final = 0.001
_UNIQUE_ROWS: Final = 100
_CODES: Final = KEY_WORDS | {"zip", "zipcode", "postal", "postcode", "phone", "year"}
_CALENDAR: Final = {"year", "quarter", "month", "week", "day", "date", "period"}
_TYPES: Final[Mapping[str, tuple[str, ...]]] = {
    "integer": ("int64", "Int64", "integer"),
    "number": ("float64", "Float64", "number"),
    "string": ("str", "string", "object"),
    "boolean": ("bool", "boolean"),
    "date": ("date",),
    "timestamp": ("timestamp", "datetime64[ns]", "datetime64[us]"),
}


def _of(column: ColumnSurvey, **more: Any) -> dict[str, Any]:
    return {"column": column.name, **more}


def propose_type(column: ColumnSurvey, survey: Survey) -> Found:
    """The type that the column has."""
    if column.nulls < survey.rows:
        names = list(dict.fromkeys((column.dtype, *_TYPES[column.type])))
        yield Proposal(
            "expect_column_values_to_be_in_type_list", _of(column, type_list=names),
            f"Each of {survey.present(column.name)} values is a {column.type}.",
            {"n": survey.present(column.name), "type": column.type},
        )  # fmt: skip


def propose_nulls(column: ColumnSurvey, survey: Survey, earlier: Sequence[Version]) -> Found:
    """No null where there was none; else no more than the lower end of Wilson's interval says."""
    seen = [(survey.rows, column.nulls)]
    seen += [(v.rows, v.nulls[column.name]) for v in earlier if column.name in v.nulls and v.rows]
    rows, nulls = sum(n for n, _ in seen), sum(k for _, k in seen)
    evidence = {"n": rows, "nulls": nulls, "null_share": round(nulls / rows, 6)}
    if len(seen) > 1:
        evidence["batches"] = len(seen)
    kind = "expect_column_values_to_not_be_null"
    if not nulls:
        up_to = rounded_up(wilson(0, rows)[1])
        why = f"No null in {rows} rows; by them alone (Wilson, 95 %) up to {up_to:g} could be null."
        yield Proposal(kind, _of(column), why, evidence)
        return
    least = min(rounded_down(wilson(n - k, n)[0]) for n, k in seen)
    if least < 0.05:
        yield Remark(column.name, f"null in {nulls} of {rows} rows: nothing to hold it to")
        return
    what = "of the worst of the batches" if len(seen) > 1 else "of the share that isn't"
    why = (
        f"{nulls} of {rows} rows are null; mostly is the lower end of the 95 % Wilson interval "
        f"{what}."
    )
    yield Proposal(kind, _of(column, mostly=least), why, evidence)


def propose_unique(column: ColumnSurvey, survey: Survey) -> Found:
    """A column of which no value stands twice, if enough rows or its name say that it is a key."""
    present = survey.present(column.name)
    named = bool(words(column.name) & KEY_WORDS)
    if column.unique and (present >= _UNIQUE_ROWS or named):
        yield Proposal(
            "expect_column_values_to_be_unique", _of(column),
            f"No value stands twice in {present} rows.", {"n": present, "distinct": present},
        )  # fmt: skip


def propose_levels(column: ColumnSurvey, earlier: Sequence[Version]) -> Found:
    """A closed list, where the rarest levels say that it is whole; else why it isn't one."""
    if column.levels is None or not _listable(column):
        return
    if names_batch(column, earlier):
        yield Remark(column.name, "one value throughout: it says which batch this is")
        return
    counts: Counter[Any] = Counter(column.levels)
    batches = [v.levels[column.name] for v in earlier if column.name in v.levels]
    for one in batches:
        counts.update(one)
    unseen = measure_unseen(counts.values())
    arrivals = _arrivals(batches, column.levels)
    verdict = _open(unseen, arrivals, len(batches) + 1)
    if verdict:
        if not column.numeric:
            yield Remark(column.name, verdict)
        return
    evidence = {
        "n": unseen.n, "distinct": unseen.levels, "seen_once": unseen.once,
        "seen_twice": unseen.twice, "rarest": min(counts.values()),
        "unseen_share": round(unseen.mass, 6), "chao1": round(unseen.richness, 1),
    }  # fmt: skip
    kwargs = _of(column, value_set=sorted(counts))
    why = f"{unseen.levels} levels in {unseen.n} rows, the rarest in {evidence['rarest']}"
    if batches:
        evidence["batches"] = len(batches) + 1
        why += f", in {len(batches) + 1} batches"
    if unseen.once:
        kwargs["mostly"] = rounded_down(wilson(unseen.n - unseen.once, unseen.n)[0])
        why += (
            f"; {unseen.once} seen once, so that {unseen.mass:.4%} of further rows may bring a new "
            "one (Good and Turing), which mostly leaves room for"
        )
    else:
        why += "; none seen once, so that no further one is expected (Good and Turing, Chao1)"
    stage: Stage = "clean" if column.padded else "raw"
    yield from _spelt_alike(column.name, counts)
    yield Proposal("expect_column_values_to_be_in_set", kwargs, why + ".", evidence, stage)


def _spelt_alike(name: str, levels: Collection[Any]) -> Found:
    """Levels that differ in case only: probably one, and cleaning can make them so."""
    folded: dict[str, list[str]] = {}
    for level in sorted(str(v) for v in levels):
        folded.setdefault(level.casefold(), []).append(level)
    for same in folded.values():
        if len(same) > 1:
            yield Remark(name, f"{' and '.join(map(repr, same))} differ in case only: a text step "
                         "of the cleaning policy can make them one")  # fmt: skip


def _listable(column: ColumnSurvey) -> bool:
    """Whether a list can say what a column holds: of numbers only few do, or codes."""
    few = column.levels is not None and len(column.levels) <= _MOST_NUMBERS
    return not column.numeric or few or is_code(column)


def is_code(column: ColumnSurvey) -> bool:
    """Whether a column's name says that its numbers are names of things."""
    return bool(words(column.name) & _CODES)


def whole(counts: Collection[int]) -> tuple[Unseen, float | None]:
    """Frequency evidence, and the ``mostly`` of a list of all levels; None where it is open."""
    unseen = measure_unseen(counts)
    if _open(unseen, 0, 1):
        return unseen, None
    if not unseen.once:
        return unseen, 1.0
    return unseen, rounded_down(wilson(unseen.n - unseen.once, unseen.n)[0])


def _arrivals(batches: Sequence[Mapping[Any, int]], last: Mapping[Any, int]) -> int:
    """Batches of the later half that brought a level which no earlier one had."""
    ordered = [*batches, last]
    seen: set[Any] = set()
    new = []
    for one in ordered:
        new.append(bool(set(one) - seen))
        seen |= set(one)
    return sum(new[max(1, len(ordered) // 2) :])


def _open(unseen: Unseen, arrivals: int, batches: int) -> str:
    """Why a list isn't whole; empty where it is."""
    more = f"{unseen.mass:.2%} of further rows would bring a new one (Good and Turing)"
    if batches > 1 and arrivals:
        return f"no closed list: new levels came in {arrivals} of the later of {batches} batches"
    if unseen.n < _ROWS_A_LEVEL * unseen.levels:
        return f"no closed list: {unseen.levels} levels in only {unseen.n} rows; {more}"
    if unseen.once and unseen.mass > _TOLERABLE_MASS:
        return (
            f"no closed list: {unseen.once} of {unseen.levels} levels were seen once; {more}, and "
            f"there are at least {unseen.richness:.0f} (Chao1)"
        )
    return ""


def names_batch(column: ColumnSurvey, earlier: Sequence[Version]) -> bool:
    """Whether a column says which batch a row is of: one value throughout, another each time."""
    if column.distinct != 1:
        return False
    if not earlier:
        return bool(words(column.name) & _CALENDAR)
    spans = [(v.lows.get(column.name), v.highs.get(column.name)) for v in earlier]
    return all(low == high for low, high in spans) and len(set(spans)) > 1


def propose_range(column: ColumnSurvey, earlier: Sequence[Version], *, listed: bool) -> Found:
    """A range that another batch of the same size hardly leaves, by the tail of the values."""
    if not column.top or listed or column.unique or is_code(column):
        return
    low, high = column.bottom[0], column.top[0]
    if not (math.isfinite(low) and math.isfinite(high)):
        yield Remark(column.name, "no range: it holds infinity")
        return
    code = _sentinel(column.top) or _sentinel(column.bottom)
    if code:
        yield Remark(column.name, code)
    below, above, shapes = _limits(column)
    seen = [(v.lows[column.name], v.highs[column.name]) for v in earlier if column.name in v.lows]
    below, above = min([below, *(a for a, _ in seen)]), max([above, *(b for _, b in seen)])
    whole = column.type == "integer"
    kwargs = _of(
        column, min_value=int(below) if whole else below, max_value=int(above) if whole else above
    )
    evidence = {"min": _number(low, whole), "max": _number(high, whole), "mean": column.mean}
    evidence |= shapes
    if seen:
        evidence |= {"batches": len(seen) + 1, "least": min(a for a, _ in seen),
                     "most": max(b for _, b in seen)}  # fmt: skip
    why = (
        f"From {_number(low, whole)} to {_number(high, whole)}; by the tails of the values "
        f"{_EXPECTED_BEYOND:g} rows of another such batch lie beyond each limit, which is rounded "
        "outward."
        if shapes else
        f"From {_number(low, whole)} to {_number(high, whole)}, with a tenth of the span to spare "
        "on each side, rounded outward: too few different values for more."
    )  # fmt: skip
    yield Proposal("expect_column_values_to_be_between", kwargs, why, evidence, "clean")


def _number(value: float, whole: bool) -> float | int:
    return int(value) if whole or value.is_integer() else value


def _limits(column: ColumnSurvey) -> tuple[float, float, dict[str, float]]:
    """Lower and upper limit, and the shapes of the tails where there were enough values."""
    low, high = column.bottom[0], column.top[0]
    upper, lower = fit_tail(column.top), fit_tail([-x for x in column.bottom])
    flat_up, flat_down = _flat(column.top), _flat(column.bottom)
    if (upper is None and not flat_up) or (lower is None and not flat_down):
        return (*widened(low, high), {})
    span = (high - low) or max(abs(high), 1.0)
    room = 10 * span
    above = high if upper is None else min(max(upper.exceeded(_EXPECTED_BEYOND), high), high + room)
    below = low if lower is None else max(min(-lower.exceeded(_EXPECTED_BEYOND), low), low - room)
    if low >= 0:
        below = max(below, 0.0)
    shapes = {
        "tail_above": round(upper.shape, 3) if upper else 0.0,
        "tail_below": round(lower.shape, 3) if lower else 0.0,
    }
    return (*_outward(below, above, whole=float(low).is_integer() and float(high).is_integer()),
            shapes)  # fmt: skip


def _flat(extremes: Sequence[float]) -> bool:
    """Whether the outermost values are all one: a limit that the values themselves keep."""
    return len(extremes) > 20 and extremes[0] == extremes[-1]


def _outward(low: float, high: float, *, whole: bool) -> tuple[float, float]:
    """Two limits as round numbers that hold what they held, as far as numbers go."""
    largest = sys.float_info.max
    low, high = max(low, -largest), min(high, largest)
    span = min(high - low, largest) or max(abs(high), 1.0)
    unit = 10.0 ** (math.floor(math.log10(span)) - 1)
    unit = max(unit, 1.0) if whole else unit
    below, above = math.floor(low / unit) * unit, math.ceil(high / unit) * unit
    below, above = float(f"{min(below, low):.12g}"), float(f"{max(above, high):.12g}")
    return max(below, -largest), min(above, largest)


def _sentinel(extremes: Sequence[float]) -> str:
    """A value that stands often, far beyond all others: a code rather than a number."""
    outermost, times = extremes[0], sum(x == extremes[0] for x in extremes)
    rest = [x for x in extremes if x != outermost]
    if times < 3 or len(rest) < 20:
        return ""
    gap, spread = abs(outermost - rest[0]), abs(rest[0] - rest[-1])
    if gap <= max(spread, abs(rest[0])):
        return ""
    return (
        f"{_number(outermost, False)} stands {times} times, far from the next value "
        f"({_number(rest[0], False)}): a code for 'unknown' or 'more'?"
    )


def propose_text(
    column: ColumnSurvey, survey: Survey, pattern: Pattern | None, form: str | None
) -> Found:
    """A date format, else a pattern, else lengths."""
    stage: Stage = "clean" if column.padded else "raw"
    n = survey.present(column.name)
    if form is not None:
        kwargs = _of(column, strftime_format=form)
        yield Proposal("expect_column_values_to_match_strftime_format", kwargs,
                       f"All {n} values are read by this format.", {"n": n, "covered": n},
                       stage)  # fmt: skip
        return
    if pattern is not None:
        kwargs = _of(column, regex=pattern.regex)
        why = f"{pattern.covered} of {n} values have it"
        if pattern.covered < n:
            kwargs["mostly"] = rounded_down(wilson(pattern.covered, n)[0])
            why += "; mostly is the lower end of the 95 % Wilson interval"
        evidence = {"n": n, "covered": pattern.covered, "forms": pattern.forms}
        yield Proposal("expect_column_values_to_match_regex", kwargs, why + ".", evidence, stage)
        return
    if column.lengths is not None:
        yield from _lengths(column, n, stage)


def _lengths(column: ColumnSurvey, n: int, stage: Stage) -> Found:
    low, high = column.lengths or (0, 0)
    if column.padded:
        return
    evidence = {"n": n, "min_length": low, "max_length": high}
    if low == high:
        yield Proposal("expect_column_value_lengths_to_equal", _of(column, value=low),
                       f"Each of {n} texts has {low} characters.", evidence, stage)  # fmt: skip
        return
    bounds = {"min_value": min(low, 1), "max_value": int(widened(low, high)[1])}
    yield Proposal(
        "expect_column_value_lengths_to_be_between", _of(column, **bounds),
        f"From {low} to {high} characters in {n} texts, with a tenth to spare.", evidence, stage,
    )  # fmt: skip
