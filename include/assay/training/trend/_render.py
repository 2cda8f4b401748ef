"""A trend as text."""

from __future__ import annotations

from assay.page.lines import aligned
from assay.training.trend._trend import TrainedVersion, Trend


def render_text(trend: Trend) -> str:
    """The trend as lines for a terminal: one a version, the earliest first."""
    rows = [("version", "data", "trained", trend.metric, "interval", "rows", "")]
    rows += [(*_row(version), state_word(version)) for version in trend.versions]
    limits = ", ".join(f"{name} {value:g}" for name, value in trend.limits.items())
    head = f"{trend.model}: {trend.metric}" + (f", {limits}" if limits else "")
    return "\n".join([head, *aligned(rows, numbers={3, 4, 5})])


def _row(version: TrainedVersion) -> tuple[str, str, str, str, str, str]:
    return version.name, version.data, f"{version.at:%Y-%m-%d %H:%M}", *figure_cells(version)


def figure_cells(version: TrainedVersion) -> tuple[str, str, str]:
    """Value, interval and rows of a version's figure."""
    found = version.figure
    if found is None or found.value is None:
        return "–", found.how if found else "not measured", ""
    ends = "–" if found.low is None else f"{found.low:.4g} to {found.high:.4g}"
    return f"{found.value:.4g}", ends, f"{found.n or 0:,}"


def state_word(version: TrainedVersion) -> str:
    """What became of a version."""
    return "champion" if version.champion else version.state
