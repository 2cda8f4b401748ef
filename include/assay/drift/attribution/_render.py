"""A cause in words: one line for a message, a few for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from assay.drift.attribution._cause import Cause, SegmentPart, Split

_MORE: Final = 3
_MEASURES: Final = {
    "psi": "PSI",
    "wasserstein": "Wasserstein distance over the interquartile range",
    "phi_squared": "χ² over rows",
    "jensen_shannon_divergence": "Jensen-Shannon divergence",
}


def cause_line(cause: Cause) -> str:
    """One short line, without any level of a classified column.

    Examples
    --------
    >>> cause_line(Cause(table="observed", reference="r", column="x", code="column_missing"))
    'no column tells segments'
    """
    parts = [_parted(cause, labels=cause.best is None or not cause.best.classified)]
    parts += [change.what for change in cause.pipeline]
    return "; ".join(parts)


def cause_text(cause: Cause) -> list[str]:
    """Lines for a terminal: what was split, by which segments, which rows, what of the pipeline."""
    lines = [f"why {cause.name} ({cause.table} against {cause.reference}, {cause.code})"]
    if cause.best is not None and cause.whole is not None:
        lines.append(f"  {cause.score}: {whole_text(cause)}")
    lines.append(f"  {_parted(cause)}")
    lines += [f"    {_segment(cause, part)}" for part in cause.carriers]
    if cause.segmenting is not None and (tried := _tried(cause)):
        lines.append(f"  also tried: {tried}")
    if cause.rows:
        where = f", their numbers in {cause.file}" if cause.file else ""
        more = f", {cause.excess:,} more than in the reference" if cause.excess else ""
        lines.append(f"  {cause.rows:,} rows of the batch carry it{more}{where}")
    lines += [f"  {change.kind.replace('_', ' ')}: {change.what}" for change in cause.pipeline]
    return lines


def whole_text(cause: Cause) -> str:
    """The whole as people read it: points of a share, or the effect's own number."""
    if cause.whole is None:
        return ""
    if cause.measure == "share":
        return f"{100 * cause.whole:.1f} points more than in the reference"
    return f"{_MEASURES[cause.measure]} {cause.whole:.3g}"


def percent(share: float) -> str:
    """A share as whole percent, with a true minus sign.

    Examples
    --------
    >>> percent(-0.034)
    '−3 %'
    """
    return f"{100 * share:.0f} %".replace("-0 ", "0 ").replace("-", "−")


def _parted(cause: Cause, labels: bool = True) -> str:
    best = cause.best
    if best is None:
        return "no column tells segments"
    mix, within = (percent(cause.share(part)) for part in (best.mix, best.within))
    if cause.segmenting is None:
        names = [s.column for s in cause.splits if not s.restates]
        same = f"much the same in every segment of {_few(names)}"
        return same if names else "no other column tells segments"
    told = f"{within} within {best.column}, {mix} mix"
    if labels and cause.carriers:
        share = percent(cause.share(sum(part.total for part in cause.carriers)))
        told += f"; {_names(cause.carriers)} give{'s' * (len(cause.carriers) == 1)} {share}"
    return told


def _few(names: Sequence[str]) -> str:
    more = len(names) - _MORE
    return ", ".join(names[:_MORE]) + (f" and {more} more" if more > 0 else "")


def _names(parts: Sequence[SegmentPart]) -> str:
    names = [part.label for part in parts]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _segment(cause: Cause, part: SegmentPart) -> str:
    told = f"{part.label}: {percent(cause.share(part.total))} of it"
    told += f" ({percent(cause.share(part.within))} within, {percent(cause.share(part.mix))} mix)"
    if part.mean_reference is not None and part.mean_current is not None:
        told += f", {percent(part.mean_reference)} → {percent(part.mean_current)} of its rows"
    return f"{told}, {_count(part.rows_reference)} → {_count(part.rows_current)} rows"


def _count(rows: int | str) -> str:
    return rows if isinstance(rows, str) else f"{rows:,}"


def _tried(cause: Cause) -> str:
    others: Iterator[Split] = (s for s in cause.splits if s.column != cause.segmenting)
    told = [
        f"{s.column} (says the same)" if s.restates else f"{s.column} ({_mix_of(cause, s)} mix)"
        for s in others
    ]
    return _few(told)


def _mix_of(cause: Cause, split: Split) -> str:
    return percent(cause.share(split.mix))
