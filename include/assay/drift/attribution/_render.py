"""Render a cause: one line for a message, some lines for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from assay.drift.attribution._cause import Cause, SegmentPart, Split
from assay.drift.effects import MEASURES

_MORE: Final = 3


def cause_line(cause: Cause) -> str:
    """Render a cause in one line, without any level of a classified column.

    Examples
    --------
    >>> cause_line(Cause(table="observed", reference="r", column="x", code="column_missing"))
    'no column splits the rows into segments'
    """
    parts = [_parted(cause, labels=cause.best is None or not cause.best.classified)]
    parts += [change.what for change in cause.pipeline]
    return "; ".join(parts)


def cause_text(cause: Cause) -> list[str]:
    """Render a cause for a terminal: its score, segments, rows, and changes of the pipeline."""
    lines = [f"why {cause.name} shifted ({cause.table} against {cause.reference}, {cause.code})"]
    if cause.best is not None and cause.whole is not None:
        lines.append(f"  {cause.score}: {whole_text(cause)}")
    lines.append(f"  {_parted(cause)}")
    lines += [f"    {_segment(cause, part)}" for part in cause.carriers]
    if cause.segmenting is not None and (tried := _tried(cause)):
        lines.append(f"  also tried: {tried}")
    if cause.rows:
        where = f"; their row numbers are in {cause.file}" if cause.file else ""
        lines.append(f"  {cause.rows_text}{where}")
    lines += [f"  {change.kind.replace('_', ' ')}: {change.what}" for change in cause.pipeline]
    return lines


def whole_text(cause: Cause) -> str:
    """Render the whole shift: percentage points of a share, or the effect's own number."""
    if cause.whole is None:
        return ""
    if cause.measure == "share":
        return f"{100 * cause.whole:.1f} percentage points more than in the reference"
    return f"{MEASURES[cause.measure]} {cause.whole:.3g}"


def percent(share: float) -> str:
    """Render a share as whole percent, with a true minus sign.

    Examples
    --------
    >>> percent(-0.034)
    '−3 %'
    """
    return f"{100 * share:.0f} %".replace("-0 ", "0 ").replace("-", "−")


def _parted(cause: Cause, labels: bool = True) -> str:
    best = cause.best
    if best is None:
        return "no column splits the rows into segments"
    if cause.segmenting is None:
        names = [s.column for s in cause.splits if not s.restates]
        same = f"the shift is about the same in every segment of {_few(names)}"
        return same if names else "no other column splits the rows into segments"
    line = mix_and_within(best.column, cause.share(best.mix), cause.share(best.within))
    if labels and cause.carriers:
        share = percent(cause.share(sum(part.total for part in cause.carriers)))
        verb = "causes" if len(cause.carriers) == 1 else "cause"
        line += f"; {best.column} {_names(cause.carriers)} {verb} {share}"
    return line


def mix_and_within(column: str, mix: float, within: float) -> str:
    """Say which part of a shift is inside the segments, and which part their mix causes.

    Examples
    --------
    >>> mix_and_within("hour", -0.02, 1.02)  # doctest: +NORMALIZE_WHITESPACE
    'almost all of the shift is inside the segments of hour (102 %);
    the mix of the segments works against it (−2 %)'
    >>> mix_and_within("channel", 0.7, 0.3)
    'the mix of the segments of channel causes most of the shift (70 %); 30 % is inside them'
    """
    if within >= mix:
        line = f"{_much(within)} of the shift is inside the segments of {column}"
        other, against = "is the mix of the segments", "the mix of the segments works against it"
    else:
        line = f"the mix of the segments of {column} causes {_much(mix)} of the shift"
        other, against = "is inside them", "changes inside them work against it"
    larger, smaller = max(within, mix), min(within, mix)
    line += f" ({percent(larger)})"
    if percent(smaller) == percent(0.0):
        return line
    more = against + f" ({percent(smaller)})" if smaller < 0 else f"{percent(smaller)} {other}"
    return f"{line}; {more}"


def _much(share: float) -> str:
    """Name the larger of two parts that sum to 1."""
    words = {1.2: "more than all", 0.995: "all", 0.9: "almost all", 0.6: "most"}
    if 1.005 <= share <= 1.2:
        return "almost all"
    return next((word for least, word in words.items() if share >= least), "about half")


def _few(names: Sequence[str]) -> str:
    more = len(names) - _MORE
    return ", ".join(names[:_MORE]) + (f" and {more} more" if more > 0 else "")


def _names(parts: Sequence[SegmentPart]) -> str:
    names = [part.label for part in parts]
    if len(names) > 2 and all(name.isdecimal() for name in names):
        numbers = sorted(map(int, names))
        if numbers == list(range(numbers[0], numbers[-1] + 1)):
            return f"{numbers[0]} to {numbers[-1]}"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _segment(cause: Cause, part: SegmentPart) -> str:
    within, mix = percent(cause.share(part.within)), percent(cause.share(part.mix))
    line = f"{part.label}: {percent(cause.share(part.total))} of the shift"
    line += f" ({within} from within, {mix} from mix)"
    if part.mean_reference is not None and part.mean_current is not None:
        line += f", {percent(part.mean_reference)} → {percent(part.mean_current)} of its rows"
    return f"{line}, {_count(part.rows_reference)} → {_count(part.rows_current)} rows"


def _count(rows: int | str) -> str:
    return rows if isinstance(rows, str) else f"{rows:,}"


def _tried(cause: Cause) -> str:
    def one(split: Split) -> str:
        mix = f"{percent(cause.share(split.mix))} from mix"
        return f"{split.column} ({f'restates {cause.column}' if split.restates else mix})"

    return _few([one(split) for split in cause.splits if split.column != cause.segmenting])
