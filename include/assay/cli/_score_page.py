"""The history of quality scores as one HTML file that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from markupsafe import Markup

from assay.page import Lead, Section, render_page, text
from assay.page.draw import small_multiples, trend
from assay.page.legend import legend

_HOW: Final = legend(
    "Each line shows the batches from left to right.",
    {"nought": "least score that the policy allows", "FAIL": "a batch below it"},
)


def render_score_page(history: Mapping[str, Any]) -> str:
    """Render a line for each dimension and stage, with its limit and the batches below it."""
    answer = "Each score is the share of the judged cells that meet what is expected of them."
    if not history["stages"]:
        answer = "No batch has been scored yet."
    sections = [
        Section(f"{stage['stage']} rows".capitalize(), [_lines(stage), _unjudged(stage)], _HOW)
        for stage in history["stages"]
    ]
    return render_page(f"Quality of {history['dataset']}", Lead(None, answer), sections)


def _lines(stage: Mapping[str, Any]) -> Markup:
    return small_multiples(
        (_caption(name, series), _line(name, stage["batches"], series))
        for name, series in stage["dimensions"].items()
        if any(score is not None for score in series["scores"])
    )


def _unjudged(stage: Mapping[str, Any]) -> Markup:
    """The dimensions of which no batch was judged."""
    names = [
        n for n, of in stage["dimensions"].items() if not any(s is not None for s in of["scores"])
    ]
    return text(f"Not judged in any of these batches: {', '.join(names)}.") if names else Markup("")


def _caption(name: str, series: Mapping[str, Any]) -> Markup:
    newest = series["scores"][-1]
    words = "not judged" if newest is None else f"{newest:.4f}"
    return Markup('{} <span class="dim">{} in the newest batch</span>').format(name, words)


def _line(name: str, batches: Sequence[str], series: Mapping[str, Any]) -> Markup:
    limit = None if series["limit"] is None else float(series["limit"]["min"])
    between = f"{batches[0]} to {batches[-1]}"
    drawing = trend(series["scores"], batches, limit, f"{name}, {between}")
    return drawing + text(between, "note")
