"""A figure with its band over an axis, such as a metric by data version or by time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from markupsafe import Markup

from assay.page.draw import point_shape

_HEIGHT: Final = 220
_TOP: Final = 14
_BOTTOM: Final = 190
_MOST_TICKS: Final = 8
_EDGE: Final = 3.0
"""Percent of the width that stays free on both sides, so that no point is cut."""
_COLOURS: Final = (
    "svg{background:#fff}text{fill:#56606f;font:11px system-ui,sans-serif}"
    ".chance{fill:#e3e7ee}.rule{stroke:#d6dce5}.limit{stroke:#1a2230;stroke-width:1.6}"
    ".whisker{stroke:#1f5fbf;stroke-width:2.2}.dot{fill:#1f5fbf;stroke:#fff;stroke-width:1}"
    ".dot.FAIL{fill:#b3261e}.dot.WARN{fill:#fff;stroke:#7a5000;stroke-width:2}"
)


@dataclass(frozen=True)
class TrendPoint:
    """One value of a trend.

    Parameters
    ----------
    at : float
        Its place on the axis, in any unit.
    tick : str
        The word below it.
    outcome : str
        PASS a point, WARN a ring, FAIL a diamond.
    title : str
        What it is, shown when a reader points at it.
    low, high : float or None
        The ends of its interval.
    """

    at: float
    tick: str
    value: float
    outcome: str
    title: str
    low: float | None = None
    high: float | None = None


def trend_chart(points: Sequence[TrendPoint], limits: Mapping[str, float], label: str) -> Markup:
    """Draw values from left to right over the band of their intervals, with limits as lines.

    Parameters
    ----------
    points : sequence of TrendPoint
        At least one; they are drawn in the order of their places.
    limits : mapping of str to float
        What a limit is called → its value.
    label : str
        The drawing in words, for readers who don't see it.
    """
    parts = Markup("").join(_parts(sorted(points, key=lambda p: p.at), limits))
    return Markup('<svg height="{}" role="img" aria-label="{}"><title>{}</title>{}</svg>').format(
        _HEIGHT, label, label, parts
    )


def standalone(drawing: Markup, width: int = 900) -> str:
    """A drawing as an SVG file of its own, with its colours in it; always light."""
    opened, _, rest = str(drawing).partition(">")
    opened = opened.replace(
        "<svg", f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" overflow="visible"', 1
    )
    return f"{opened}><style>{_COLOURS}</style>{rest}\n"


def _parts(points: Sequence[TrendPoint], limits: Mapping[str, float]) -> Iterator[Markup]:
    ends = [v for p in points for v in (p.low, p.value, p.high) if v is not None]
    low, high = min([*ends, *limits.values()]), max([*ends, *limits.values()])
    first, last = points[0].at, points[-1].at

    def x(at: float) -> float:
        share = (at - first) / (last - first) if last > first else 0.5
        return round(_EDGE + (100 - 2 * _EDGE) * share, 2)

    def y(value: float) -> float:
        share = (value - low) / (high - low) if high > low else 0.5
        return round(_BOTTOM - (_BOTTOM - _TOP) * share, 1)

    yield from (_rule(y(v), "rule", f"{v:.4g}", "start") for v in sorted({low, high}))
    yield _band([(x(p.at), p) for p in points], y)
    yield from (_rule(y(v), "limit", f"{n} {v:g}", "end") for n, v in limits.items())
    for one, other in pairwise(points):
        yield _line((x(one.at), x(other.at)), (y(one.value), y(other.value)))
    for p in points:
        shape = point_shape(x(p.at), p.outcome, round(y(p.value)))
        yield Markup("<g><title>{}</title>{}</g>").format(p.title, shape)
    yield from _ticks([(x(p.at), p.tick) for p in points])


def _band(points: Sequence[tuple[float, TrendPoint]], y: Callable[[float], float]) -> Markup:
    """The band between the ends of neighbouring intervals; a lone one is an upright bar."""
    known = [(x, p.low, p.high) for x, p in points if p.low is not None and p.high is not None]
    shapes = [
        Markup('<rect class="chance" x="{}%" width="{}%" y="{}" height="{}"/>').format(
            round(x - 0.3, 2), 0.6, y(high), max(round(y(low) - y(high), 1), 1)
        )
        for x, low, high in known
    ]
    around = [f"{x},{y(high)}" for x, _, high in known]
    around += [f"{x},{y(low)}" for x, low, _ in reversed(known)]
    # A polygon has no percents: the box is 100 wide, and stretched.
    box = Markup(
        '<svg viewBox="0 0 100 {0}" preserveAspectRatio="none" width="100%" height="{0}">'
        '<polygon class="chance" points="{1}"/></svg>'
    ).format(_HEIGHT, " ".join(around))
    return Markup("").join([box if len(known) > 1 else Markup(""), *shapes])


def _rule(y: float, kind: str, words: str, side: str) -> Markup:
    return Markup(
        '<line class="{0}" x1="0" x2="100%" y1="{1}" y2="{1}"/>'
        '<text x="{2}" y="{3}" text-anchor="{4}">{5}</text>'
    ).format(kind, y, "100%" if side == "end" else "0", round(y - 3, 1), side, words)


def _line(x: tuple[float, float], y: tuple[float, float]) -> Markup:
    return Markup('<line class="whisker" x1="{}%" x2="{}%" y1="{}" y2="{}"/>').format(*x, *y)


def _ticks(places: Sequence[tuple[float, str]]) -> Iterator[Markup]:
    """Words below the axis, each once, and no more than have room."""
    each = dict(reversed([(word, x) for x, word in places]))
    ordered = sorted(each.items(), key=lambda item: item[1])
    step = -(-len(ordered) // _MOST_TICKS)
    for word, x in ordered[::step]:
        yield Markup('<text x="{}%" y="{}" text-anchor="middle">{}</text>').format(
            x, _HEIGHT - 10, word
        )
