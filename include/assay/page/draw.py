"""Drawings, each one cell of a table: lines and bars in percent of the cell, never of a picture.

Words stay words of the table beside, so that they scale, wrap and are read aloud; a drawing has its
numbers as its label.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from markupsafe import Markup

_HEIGHT: Final = 20


def _drawing(label: str, parts: Iterable[Markup], height: int = _HEIGHT) -> Markup:
    return Markup('<svg height="{}" role="img" aria-label="{}"><title>{}</title>{}</svg>').format(
        height, label, label, Markup("").join(parts)
    )


def _at(value: float, low: float, high: float) -> float:
    """Percent of the way from one end to the other, kept inside."""
    share = (value - low) / (high - low) if high > low else 0.0
    return round(100 * min(max(share, 0.0), 1.0), 2)


def _line(x: float, kind: str, inset: int = 0) -> Markup:
    return Markup('<line class="{}" x1="{}%" x2="{}%" y1="{}" y2="{}"/>').format(
        kind, x, x, inset, _HEIGHT - inset
    )


def _bar(x: float, width: float, kind: str, y: int, height: int) -> Markup:
    return Markup('<rect class="{}" x="{}%" width="{}%" y="{}" height="{}" rx="1"/>').format(
        kind, x, max(round(width, 2), 0), y, height
    )


def _dot(x: float, outcome: str) -> Markup:
    """A point; a diamond where it failed, so that colour alone tells nothing."""
    middle = _HEIGHT // 2
    if outcome == "FAIL":
        return Markup(
            '<svg x="{}%" y="{}" overflow="visible"><path class="dot FAIL" '
            'd="M-6 0L0 -6L6 0L0 6Z"/></svg>'
        ).format(x, middle)
    return Markup('<circle class="dot {}" cx="{}%" cy="{}" r="4.5"/>').format(outcome, x, middle)


def effect_strip(
    ratio: float | None, chance: float | None, most: float, outcome: str, label: str
) -> Markup:
    """An effect over its limit: the limit is 1, a band shows what chance alone reaches.

    Parameters
    ----------
    ratio, chance : float or None
        The effect, and its null quantile, over the limit.
    most : float
        End of the strip, the same for all rows of a table, so that limits stand in one line. What
        lies beyond is drawn at the end, with an arrow.
    outcome : str
        PASS a point, INCONCLUSIVE a ring, FAIL a diamond.
    label : str
        The numbers, for who doesn't see the drawing.
    """
    parts = [_bar(0, _at(chance or 0, 0, most), "chance", 3, _HEIGHT - 6)]
    parts += [_line(_at(1, 0, most), "limit")]
    if ratio is not None:
        parts.append(
            Markup('<line class="rule" x1="0" x2="{}%" y1="10" y2="10"/>').format(
                _at(ratio, 0, most)
            )
        )
        parts.append(_dot(_at(ratio, 0, most), outcome))
        if ratio > most:
            parts.append(Markup('<text x="100%" y="14" text-anchor="end" dx="-9">→</text>'))
    return _drawing(label, parts)


def interval_strip(
    low: float | None,
    value: float | None,
    high: float | None,
    ends: tuple[float, float],
    outcome: str,
    label: str,
    limits: Sequence[float] = (),
    nought: float | None = None,
) -> Markup:
    """A figure with its interval, as a row of a forest plot.

    Parameters
    ----------
    ends : pair of float
        Both ends of the axis, the same for all rows of a table.
    limits : sequence of float
        Solid lines: what may not be passed.
    nought : float, optional
        A dashed line: no difference, or the reference group's figure.
    """
    parts = [_line(_at(limit, *ends), "limit") for limit in limits]
    if nought is not None:
        parts.append(_line(_at(nought, *ends), "nought"))
    if low is not None or high is not None:
        x = [_at(ends[i] if end is None else end, *ends) for i, end in enumerate((low, high))]
        parts.append(
            Markup('<line class="whisker {}" x1="{}%" x2="{}%" y1="10" y2="10"/>').format(
                outcome, *x
            )
        )
    if value is not None:
        parts.append(_dot(_at(value, *ends), outcome))
    return _drawing(label, parts)


def axis(ticks: Sequence[float], ends: tuple[float, float], labels: Sequence[str]) -> Markup:
    """An axis for the head of a column of drawings."""
    anchors = {0: "start", len(ticks) - 1: "end"}
    parts = [
        Markup('<text x="{}%" y="11" text-anchor="{}">{}</text>').format(
            _at(tick, *ends), anchors.get(i, "middle"), label
        )
        for i, (tick, label) in enumerate(zip(ticks, labels, strict=True))
    ]
    return Markup('<svg height="14" role="presentation">{}</svg>').format(Markup("").join(parts))


def paired_bars(before: float, now: float, most: float, label: str) -> Markup:
    """The reference's share above the batch's."""
    return _drawing(
        label,
        [_bar(0, _at(before, 0, most), "ref", 2, 7), _bar(0, _at(now, 0, most), "cur", 11, 7)],
    )


def bar(value: float, most: float, label: str, kind: str = "cur") -> Markup:
    """One bar from the left."""
    return _drawing(label, [_bar(0, _at(value, 0, most), kind, 4, _HEIGHT - 8)])


def split_bars(within: float, mix: float, ends: tuple[float, float], label: str) -> Markup:
    """Two signed parts from a line at nought: within above, mix below."""
    nought = _at(0, *ends)
    parts = []
    for value, kind, y in ((within, "cur", 2), (mix, "mix", 11)):
        x = _at(value, *ends)
        parts.append(_bar(min(x, nought), abs(x - nought), kind, y, 7))
    return _drawing(label, [*parts, _line(nought, "nought")])
