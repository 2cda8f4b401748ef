"""What made the difference, as a page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from markupsafe import Markup

from assay.page import Lead, Section, render_page, table, text
from assay.page.draw import axis, interval_strip
from assay.page.legend import legend
from assay.statistics.scores.estimate import Estimate
from assay.training.compare._parts import SplitMetric
from assay.training.compare._render import change_text, interval_text, number_text
from assay.training.compare._report import Explanation

_PARTS: Final = legend(
    "What the metric changes by when the factor goes from the first run’s to the second’s, in the "
    "mean over every order in which the factors could have changed; the parts add up. A line is "
    "the interval over test rows like these, for these very models. ",
    {"PASS": "the part", "nought": "no change"},
)
_CROSSINGS: Final = "Each model on the same test rows, which none of them has learned from."


def render_html(found: Explanation) -> str:
    """Render the explanation as a page: how the two differ, each metric's parts, every model."""
    title = f"What made the difference between {found.a} and {found.b}"
    if found.missing:
        lead = Lead(None, "They can’t be refitted, since data are gone.")
        gone = Section("Gone", [text(line) for line in found.missing])
        return render_page(title, lead, [gone])
    facts = [("Test rows", f"{found.rows:,}"), ("Models", str(len(found.crossings)))]
    sections = [
        Section("How they differ", [_factors(found), *(text(note) for note in found.notes)]),
        *(_metric(metric) for metric in found.metrics),
        Section("Every model", [_crossings(found)], _CROSSINGS),
    ]
    return render_page(title, Lead(None, _answer(found), facts), sections)


def _answer(found: Explanation) -> str:
    """The first metric's change, and which factor has the largest part of it."""
    if not found.metrics:
        return "The two have no metric in common."
    metric = found.metrics[0]
    whole = f"{metric.metric.replace('_', ' ')} changes by {change_text(metric.whole.value)}"
    sure = {n: p for n, p in metric.parts.items() if metric.says(p) in {"better", "worse"}}
    if not sure:
        return f"{whole}; no factor’s part is shown to differ from 0."
    name = max(sure, key=lambda n: abs(sure[n].value or 0.0))
    verb = "come" if name.endswith("s") or name == "data" else "comes"
    return f"{whole}; {change_text(sure[name].value)} of it {verb} with the {name}."


def _factors(found: Explanation) -> Markup:
    rows = ([factor.name, "; ".join(factor.says) or "the same"] for factor in found.factors)
    return table(["", "from the first to the second"], rows)


def _metric(metric: SplitMetric) -> Section:
    named = {**metric.parts, "all": metric.whole}
    known = [v for p in named.values() for v in (p.low, p.value, p.high) if v is not None]
    most = max(map(abs, known), default=0.0) or 1.0
    ends = (-most, most)
    scale = axis((-most, 0, most), ends, (change_text(-most), "0", change_text(most)))
    first, last = (number_text(metric.values[at]) for at in (0, -1))
    rows = (list(_row(name, part, metric, ends)) for name, part in named.items())
    heads = ["part", "change", "interval", "", scale]
    drawn = table(heads, rows, numbers=(1, 2), drawn=(4,))
    return Section(f"{metric.metric.replace('_', ' ')}: {first} → {last}", [drawn], _PARTS)


def _row(
    name: str, part: Estimate, metric: SplitMetric, ends: tuple[float, float]
) -> Iterator[str | Markup]:
    word, said = metric.says(part), interval_text(part)
    yield name
    yield change_text(part.value)
    yield said
    yield word
    outcome = "INCONCLUSIVE" if word == "inconclusive" else "PASS"
    label = f"{name}: {change_text(part.value)}, {said}"
    yield interval_strip(part.low, part.value, part.high, ends, outcome, label, nought=0.0)


def _crossings(found: Explanation) -> Markup:
    names = [metric.metric.replace("_", " ") for metric in found.metrics]
    rows = (
        [found.crossing_name(crossing), *(number_text(m.values[place]) for m in found.metrics),
         crossing.how]
        for place, crossing in enumerate(found.crossings)
    )  # fmt: skip
    return table(["model", *names, ""], rows, numbers=range(1, len(names) + 1))
