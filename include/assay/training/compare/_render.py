"""What made the difference, as text."""

from __future__ import annotations

from collections.abc import Iterator

from assay.page.lines import aligned
from assay.statistics.scores.estimate import Estimate
from assay.training.compare._parts import SplitMetric
from assay.training.compare._report import Explanation

_INTERVAL = (
    "An interval is over test rows like these, for these very models; other training rows or "
    "another seed would add to it."
)


def render_text(found: Explanation) -> str:
    """The explanation as lines for a terminal: how the two differ, then each metric's parts."""
    lines = [f"What made the difference between {found.a} and {found.b}"]
    if found.missing:
        return "\n".join([*lines, "can't be refitted, since data are gone:",
                          *(f"  {line}" for line in found.missing)])  # fmt: skip
    for factor in found.factors:
        said = factor.says or ("the same",)
        lines += [f"  {factor.name}: {said[0]}", *(f"    {line}" for line in said[1:])]
    lines += [*found.notes, f"on {found.rows:,} test rows that none of them has learned from"]
    for metric in found.metrics:
        lines += ["", *_parts(metric)]
    lines += ["", *_crossings(found), "", _INTERVAL]
    return "\n".join(lines)


def _parts(metric: SplitMetric) -> Iterator[str]:
    first, last = (number_text(metric.values[at]) for at in (0, -1))
    yield f"{metric.metric}: {first} → {last}"
    rows = [("part", "change", "interval", "p", "")]
    named = {**{f"of {name}": part for name, part in metric.parts.items()}, "all": metric.whole}
    for name, part in named.items():
        p = "" if part.p is None else f"{part.p:.3g}"
        rows.append((name, change_text(part.value), interval_text(part), p, metric.says(part)))
    yield from aligned(rows, numbers={1, 2, 3})


def _crossings(found: Explanation) -> Iterator[str]:
    names = [metric.metric for metric in found.metrics]
    rows = [("model", *names, "")]
    for place, crossing in enumerate(found.crossings):
        values = (number_text(metric.values[place]) for metric in found.metrics)
        rows.append((found.crossing_name(crossing), *values, crossing.how))
    yield "each model on these rows"
    yield from aligned(rows, numbers=range(1, len(names) + 1))


def number_text(value: float | None) -> str:
    """A metric for people."""
    return "–" if value is None else f"{value:.4f}"


def change_text(value: float | None) -> str:
    """A change for people, with its sign."""
    return "–" if value is None else f"{value:+.4f}".replace("-", "−")


def interval_text(part: Estimate) -> str:
    """The interval of a change, or why there is none."""
    if part.low is None or part.high is None:
        return part.how
    return f"{change_text(part.low)} to {change_text(part.high)}"
