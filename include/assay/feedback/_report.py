"""What the text and the page of a feedback verdict show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from assay.feedback._marked_rows import MarkedRows
from assay.feedback._measure import FeedbackMeasurements, Figures
from assay.feedback._segments import Segment


@dataclass(frozen=True)
class FeedbackReport:
    """Everything that is known of a batch of predictions.

    Parameters
    ----------
    measured : FeedbackMeasurements
        Figures by batch, version and slice.
    test : mapping
        The model's figures on its test rows.
    estimated : mapping
        Batch → the figures that were estimated before its outcomes came.
    segments : tuple of Segment
        Where errors are most; None if it wasn't searched.
    marked : tuple of MarkedRows
        Errors of rows that were imputed, clipped or flagged, or are suspect.
    advice : tuple of str
        What more rows would give.
    notes : tuple of str
        What a reader needs to know of the rows, such as that some were left out.
    misclassified : tuple of int
        The rows whose prediction is wrong, by ``__id``, the most certain prediction first.
    misclassified_by_mark : mapping
        Mark → those of them that have it.
    numbered_by : str
        The released version that has these numbers, for people.
    """

    measured: FeedbackMeasurements
    test: Figures
    estimated: Mapping[str, Figures] = field(default_factory=dict)
    segments: tuple[Segment, ...] | None = None
    marked: tuple[MarkedRows, ...] = ()
    advice: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    misclassified: tuple[int, ...] = ()
    misclassified_by_mark: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    numbered_by: str = ""

    @property
    def headline(self) -> tuple[str, ...]:
        """Figures of the tables over batches and versions: none of a single class."""
        judged = self.measured.judged
        names = judged.figures if judged and judged.figures else self.test
        return tuple(name for name in names if ":" not in name)
