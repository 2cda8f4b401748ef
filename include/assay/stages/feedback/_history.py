"""What the feedback on a model has been, batch by batch."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from assay.records.uses import Use
from assay.stages.services import Services
from assay.verdict import Frozen


class FeedbackSummary(Frozen):
    """The newest feedback on one batch of predictions, as it is on record.

    Parameters
    ----------
    predicted, labelled : int
        Predictions, and how many had their outcome.
    metrics : dict
        Figure → its value and interval, as text.
    """

    feedback: str
    dataset: str
    batch: str
    outcome: str
    reasons: tuple[str, ...] = ()
    predicted: int
    labelled: int
    metrics: dict[str, str] = Field(default_factory=dict)
    author: str
    at: datetime


def feedback_history(services: Services, model: str) -> list[FeedbackSummary]:
    """The newest feedback on each batch, by batch."""
    uses = [use for use in services.registry.uses("feedback") if use.subject == model]
    newest: dict[str, Use] = {}
    for use in sorted(uses, key=lambda use: (use.at, use.id)):
        newest[use.details["batch"]] = use
    return [_summary(newest[batch]) for batch in sorted(newest)]


def _summary(use: Use) -> FeedbackSummary:
    details = use.details
    return FeedbackSummary(
        feedback=use.id,
        dataset=details["dataset"],
        batch=details["batch"],
        outcome=details["outcome"],
        reasons=tuple(filter(None, details["reasons"].split(" "))),
        predicted=int(details["rows.predicted"]),
        labelled=int(details["rows.labelled"]),
        metrics={n.removeprefix("metric."): t for n, t in details.items() if n[:7] == "metric."},
        author=use.author,
        at=use.at,
    )
