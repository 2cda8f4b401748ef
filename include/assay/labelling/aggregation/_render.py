"""Annotators' figures as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assay.labelling._annotations import Annotations
from assay.labelling.aggregation._annotators import AnnotatorQuality
from assay.labelling.aggregation._votes import Aggregated
from assay.page.lines import aligned
from assay.statistics.scores.estimate import Estimate


def render_aggregation(
    annotations: Annotations, aggregated: Aggregated, annotators: Sequence[AnnotatorQuality]
) -> str:
    """How many tasks have which label, and how each annotator labels, as lines for a terminal."""
    tasks = len(annotations.tasks)
    ties = int((aggregated.label < 0).sum())
    lines = [f"{tasks:,} tasks by {len(annotators):,} annotators; {ties:,} without a label (ties)"]
    counts = [("label", "tasks", "least confidence")]
    for place, name in enumerate(annotations.labels):
        mine = aggregated.label == place
        least = f"{aggregated.confidence[mine].min():.3f}" if mine.any() else "–"
        counts.append((str(name), f"{int(mine.sum()):,}", least))
    lines += ["", *aligned(counts, numbers={1, 2})]
    gold = any(one.gold.value is not None for one in annotators)
    rows = [("annotator", "labels", "right", "gold tasks right")[: 4 if gold else 3]]
    for one in annotators:
        row = (one.annotator[:11], f"{one.annotations:,}", _cell(one.accuracy), _cell(one.gold))
        rows.append(row[: 4 if gold else 3])
    lines += ["", *aligned(rows, numbers={1})]
    return "\n".join([*lines, *_most_confused(annotations, annotators)])


def _cell(one: Estimate) -> str:
    if one.value is None or one.low is None or one.high is None:
        return f"inconclusive: {one.how}"
    return f"{one.value:.3f} ({one.low:.3f} to {one.high:.3f})"


def _most_confused(
    annotations: Annotations, annotators: Sequence[AnnotatorQuality]
) -> Iterator[str]:
    """Of each annotator, the wrong label that they give most, where its interval leaves 0 out."""
    found = []
    for one in annotators:
        wrong = [
            (cell.low, true, given, cell)
            for true, row in enumerate(one.confusion)
            for given, cell in enumerate(row)
            if true != given and cell.low
        ]
        if wrong:
            _, true, given, cell = max(wrong, key=lambda w: w[0])
            shown = f"{annotations.labels[given]} for {annotations.labels[true]}"
            found.append((one.annotator[:11], shown, _cell(cell)))
    if found:
        yield from ("", *aligned([("annotator", "wrong most often", "share"), *found]))
