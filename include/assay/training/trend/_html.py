"""A trend as a page, and as a drawing of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal

from markupsafe import Markup

from assay.page import Lead, Section, render_page, table
from assay.page.legend import legend
from assay.page.trend import TrendPoint, standalone, trend_chart
from assay.training.trend._render import figure_cells, state_word
from assay.training.trend._trend import TrainedVersion, Trend

_OUTCOMES: Final = {"promoted": "PASS", "passed": "WARN", "held": "FAIL"}
_READ: Final = legend(
    "Each figure is on its version’s own test rows; the band is their intervals. ",
    {"PASS": "was promoted", "WARN": "passed, not promoted", "FAIL": "held",
     "limit": "the model file’s limit"},
)  # fmt: skip


def render_html(trend: Trend) -> str:
    """Render the trend as a page: by data version, by time, and every figure in a table."""
    title = f"{trend.metric.replace('_', ' ')} of {trend.model} over its versions"
    by_data, by_time = (_drawn(trend, by) for by in ("data", "time"))
    heads = ["version", "data", "trained", trend.metric.replace("_", " "), "interval", "rows", ""]
    rows = (
        [v.name, v.data, f"{v.at:%Y-%m-%d %H:%M}", *figure_cells(v), state_word(v)]
        for v in trend.versions
    )
    sections = [
        Section("By data version", [by_data], _READ),
        Section("By time", [by_time]),
        Section("Every version", [table(heads, rows, numbers=(3, 4, 5))]),
    ]
    return render_page(title, Lead(None, _answer(trend), _facts(trend)), sections)


def render_svg(trend: Trend, by: Literal["data", "time"] = "data") -> str:
    """Render one of the two drawings as an SVG file."""
    return standalone(_drawn(trend, by))


def _answer(trend: Trend) -> str:
    champion = next((v for v in trend.versions if v.champion), None)
    if champion is None:
        return f"{trend.model} has no champion."
    value, ends, _ = figure_cells(champion)
    return f"The champion is {champion.name}, with {value} ({ends}) on {champion.data}."


def _facts(trend: Trend) -> list[tuple[str, str]]:
    counts = {state: sum(v.state == state for v in trend.versions) for state in _OUTCOMES}
    return [
        ("Versions", f"{len(trend.versions)}"),
        *((state.capitalize(), f"{count}") for state, count in counts.items()),
        *((f"Limit, {name}", f"{value:g}") for name, value in trend.limits.items()),
    ]


def _drawn(trend: Trend, by: str) -> Markup:
    """The drawing over one axis; empty where no version has the metric."""
    snapshots = sorted({v.snapshot for v in trend.versions})
    places: Callable[[TrainedVersion], float]
    if by == "data":
        places = lambda v: float(snapshots.index(v.snapshot))  # noqa: E731 - one of two
    else:
        places = lambda v: v.at.timestamp()  # noqa: E731
    points = [_point(v, places(v), by) for v in trend.versions
              if v.figure is not None and v.figure.value is not None]  # fmt: skip
    if not points:
        return Markup("")
    axis = "snapshot" if by == "data" else "time of training"
    label = f"{trend.metric} of {len(points)} versions by {axis}"
    return trend_chart(points, trend.limits, label)


def _point(version: TrainedVersion, at: float, by: str) -> TrendPoint:
    figure = version.figure
    if figure is None or figure.value is None:
        raise ValueError("a version without a figure has no point")
    tick = f"@{version.snapshot}" if by == "data" else f"{version.at:%Y-%m-%d}"
    title = f"{version.name} on {version.data}, {state_word(version)}: {figure.text}"
    return TrendPoint(at, tick, figure.value, _OUTCOMES[version.state], title, figure.low,
                      figure.high)  # fmt: skip
