"""Drawings, each one cell of a table: lines and bars in percent of the cell, never of a picture.

Words stay words of the table beside, so that they scale, wrap and are read aloud; a drawing has its
numbers as its ``label``, for readers who don't see it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

from markupsafe import Markup

from assay.page._pieces import percent

_HEIGHT: Final = 20
_TREND: Final = 110


def _drawing(label: str, parts: Iterable[Markup], height: int = _HEIGHT) -> Markup:
    return Markup('<svg height="{}" role="img" aria-label="{}"><title>{}</title>{}</svg>').format(
        height, label, label, Markup("").join(parts)
    )


def _at(value: float, low: float, high: float) -> float:
    """Percent of the way from one end to the other, kept inside."""
    share = (value - low) / (high - low) if high > low else 0.0
    return round(100 * min(max(share, 0.0), 1.0), 2)


def line_shape(x: float, kind: str, ends: tuple[int, int] = (0, _HEIGHT)) -> Markup:
    """Draw an upright line at ``x`` percent."""
    return _line((x, x), kind, ends)


def _line(
    x: tuple[float, float], kind: str, y: tuple[int, int] = (_HEIGHT // 2, _HEIGHT // 2)
) -> Markup:
    """Draw a line from one ``x`` percent to another; across the middle by default."""
    return Markup('<line class="{}" x1="{}%" x2="{}%" y1="{}" y2="{}"/>').format(kind, *x, *y)


def bar_shape(x: float, width: float, kind: str, y: int, height: int) -> Markup:
    """Draw a bar from ``x`` percent on."""
    return Markup('<rect class="{}" x="{}%" width="{}%" y="{}" height="{}" rx="1"/>').format(
        kind, x, max(round(width, 2), 0), y, height
    )


def point_shape(x: float, outcome: str, middle: int = _HEIGHT // 2) -> Markup:
    """Draw a point; a diamond where it failed, so that its shape says it too."""
    if outcome == "FAIL":
        return Markup(
            '<svg x="{}%" y="{}" overflow="visible"><path class="dot FAIL" '
            'd="M-6 0L0 -6L6 0L0 6Z"/></svg>'
        ).format(x, middle)
    return Markup('<circle class="dot {}" cx="{}%" cy="{}" r="4.5"/>').format(outcome, x, middle)


def effect_strip(
    ratio: float | None, chance: float | None, most: float, outcome: str, label: str
) -> Markup:
    """Draw an effect over its limit: the limit is 1, a band shows what chance alone reaches.

    Parameters
    ----------
    ratio, chance : float or None
        The effect, and its null quantile, over the limit.
    most : float
        End of the strip, the same for all rows of a table, so that limits stand in one line. What
        lies beyond is drawn at the end, with an arrow.
    outcome : str
        PASS a point, INCONCLUSIVE a ring, FAIL a diamond.
    """
    parts = [bar_shape(0, _at(chance or 0, 0, most), "chance", 3, _HEIGHT - 6)]
    parts += [line_shape(_at(1, 0, most), "limit")]
    if ratio is not None:
        parts.append(_line((0, _at(ratio, 0, most)), "rule"))
        parts.append(point_shape(_at(ratio, 0, most), outcome))
        if ratio > most:
            parts.append(Markup('<text x="100%" y="14" text-anchor="end" dx="-9">→</text>'))
    return _drawing(label, parts)


def interval_strip(
    low: float | None, value: float | None, high: float | None, ends: tuple[float, float],
    outcome: str, label: str, limits: Sequence[float] = (), nought: float | None = None,
) -> Markup:  # fmt: skip
    """Draw a figure with its interval, as a row of a forest plot.

    Parameters
    ----------
    ends : pair of float
        Both ends of the axis, the same for all rows of a table.
    limits : sequence of float
        Solid lines: what may not be passed.
    nought : float, optional
        A dashed line: no difference, or the reference group's figure.
    """
    parts = [line_shape(_at(limit, *ends), "limit") for limit in limits]
    if nought is not None:
        parts.append(line_shape(_at(nought, *ends), "nought"))
    if low is not None or high is not None:
        left, right = ends[0] if low is None else low, ends[1] if high is None else high
        parts.append(_line((_at(left, *ends), _at(right, *ends)), f"whisker {outcome}"))
    if value is not None:
        parts.append(point_shape(_at(value, *ends), outcome))
    return _drawing(label, parts)


def axis(ticks: Sequence[float], ends: tuple[float, float], labels: Sequence[str]) -> Markup:
    """Draw an axis for the head of a column of drawings."""
    anchors = {0: "start", len(ticks) - 1: "end"}
    parts = [
        Markup('<text x="{}%" y="11" text-anchor="{}">{}</text>').format(
            _at(tick, *ends), anchors.get(i, "middle"), label
        )
        for i, (tick, label) in enumerate(zip(ticks, labels, strict=True))
    ]
    return Markup('<svg height="14" role="presentation">{}</svg>').format(Markup("").join(parts))


def scale_end(most: float) -> float:
    """The end of an axis from 0 that holds a value: 1, 2 or 5 times a power of ten.

    Examples
    --------
    >>> [scale_end(v) for v in (0.006, 0.3, 1, 1_073, 0)]
    [0.01, 0.5, 1, 2000, 1]
    """
    if most <= 0:
        return 1
    power = 10 ** math.floor(math.log10(most))
    # Shares are compared as they are written, so that 0.3 isn't beyond three times a tenth.
    end = next(n * power for n in (1, 2, 5, 10) if round(most / power, 9) <= n)
    return float(f"{end:.12g}") if end < 1 else round(end)


def share_axis(end: float) -> Markup:
    """Draw an axis from 0 to a share."""
    return axis((0, end), (0, end), (percent(0, 0), percent(end, 0 if end >= 0.01 else 2)))


def count_axis(end: float) -> Markup:
    """Draw an axis from 0 to a number of rows or cells."""
    return axis((0, end), (0, end), ("0", f"{end:,.0f}"))


def paired_bars(before: float, now: float, most: float, label: str) -> Markup:
    """Draw the reference's share above the batch's."""
    sides = ((before, "ref", 2), (now, "cur", 11))
    return _drawing(label, [bar_shape(0, _at(v, 0, most), kind, y, 7) for v, kind, y in sides])


def bar(value: float, most: float, label: str, kind: str = "cur") -> Markup:
    """Draw one bar from the left."""
    return _drawing(label, [bar_shape(0, _at(value, 0, most), kind, 4, _HEIGHT - 8)])


def interval_bar(
    low: float | None, value: float, high: float | None, ends: tuple[float, float], label: str
) -> Markup:
    """Draw a signed bar from a line at nought, with its interval over it."""
    nought, end = _at(0, *ends), _at(value, *ends)
    parts = [bar_shape(min(nought, end), abs(end - nought), "cur", 5, _HEIGHT - 10)]
    parts.append(line_shape(nought, "nought"))
    if low is not None and high is not None:
        parts.append(_line((_at(low, *ends), _at(high, *ends)), "limit"))
    return _drawing(label, parts)


def split_bars(within: float, mix: float, ends: tuple[float, float], label: str) -> Markup:
    """Draw two signed parts from a line at nought: within above, mix below."""
    nought = _at(0, *ends)
    parts = []
    for value, kind, y in ((within, "cur", 2), (mix, "mix", 11)):
        x = _at(value, *ends)
        parts.append(bar_shape(min(x, nought), abs(x - nought), kind, y, 7))
    return _drawing(label, [*parts, line_shape(nought, "nought")])


def trend(
    values: Sequence[float | None], labels: Sequence[str], limit: float | None, label: str
) -> Markup:
    """Draw a series of values from left to right; a diamond where one is below the limit.

    Lines with their numbers show where the least and the greatest value are, and the limit.

    Parameters
    ----------
    values : sequence of float or None
        The series; None is a gap.
    labels : sequence of str
        What each value is of, shown when a reader points at it.
    limit : float, optional
        A line that the values should not be below.
    """
    known = [v for v in (*values, limit) if v is not None]
    low, high = min(known), max(known)

    def y(value: float) -> int:
        return round(_TREND * (0.9 - 0.72 * _at(value, low, high) / 100))

    shown = [
        (_at(i, 0, len(values) - 1), v, labels[i]) for i, v in enumerate(values) if v is not None
    ]
    ends = {low, high} - {limit}
    parts = [_rule(y(v), "rule", f"{v:.4g}", "start") for v in sorted(ends)]
    if limit is not None:
        parts.append(_rule(y(limit), "nought", f"limit {limit:.4g}", "end"))
    parts += [
        _line((x, x_next), "whisker", (y(value), y(value_next)))
        for (x, value, _), (x_next, value_next, _) in pairwise(shown)
    ]
    for x, value, name in shown:
        point = point_shape(x, "FAIL" if limit is not None and value < limit else "PASS", y(value))
        parts.append(Markup("<g><title>{}: {:.6f}</title>{}</g>").format(name, value, point))
    return _drawing(label, parts, _TREND)


def curve(
    points: Sequence[tuple[float, float, float | None, float | None]],
    labels: Sequence[str],
    label: str,
) -> Markup:
    """Draw a figure over a number, with the interval of each point as an upright line.

    Parameters
    ----------
    points : sequence of (place, value, low, high)
        In rising order of their places; low and high are None without an interval.
    labels : sequence of str
        What each point is of, shown when a reader points at it.
    """
    places = [place for place, *_ in points]
    known = [v for _, *figures in points for v in figures if v is not None]
    low, high = min(known), max(known)

    def y(value: float) -> int:
        return round(_TREND * (0.9 - 0.72 * _at(value, low, high) / 100))

    at = [_at(place, places[0], places[-1]) for place in places]
    parts = [_rule(y(v), "rule", f"{v:.4g}", "start") for v in sorted({low, high})]
    for x, (_, _, least, most) in zip(at, points, strict=True):
        if least is not None and most is not None:
            parts.append(_line((x, x), "rule", (y(most), y(least))))
    for (x, x_next), (one, other) in zip(pairwise(at), pairwise(points), strict=True):
        parts.append(_line((x, x_next), "whisker", (y(one[1]), y(other[1]))))
    for x, (_, value, *_), name in zip(at, points, labels, strict=True):
        point = point_shape(x, "PASS", y(value))
        parts.append(Markup("<g><title>{}: {:.6f}</title>{}</g>").format(name, value, point))
    return _drawing(label, parts, _TREND)


def _rule(y: int, kind: str, words: str, side: str) -> Markup:
    """Draw a line across at a height, with its number above one end."""
    return Markup(
        '<line class="{0}" x1="0" x2="100%" y1="{1}" y2="{1}"/>'
        '<text x="{2}" y="{3}" text-anchor="{4}">{5}</text>'
    ).format(kind, y, "100%" if side == "end" else "0", y - 3, side, words)


def small_multiples(figures: Iterable[tuple[Markup, Markup]]) -> Markup:
    """Set small figures side by side, each a caption and a drawing or table."""
    one = Markup("<figure><figcaption>{}</figcaption>{}</figure>")
    whole = Markup("").join(one.format(*figure) for figure in figures)
    return Markup('<div class="grid">{}</div>').format(whole)
