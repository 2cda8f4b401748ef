"""How well the annotators of a round agree, beside the policy's limits."""

from __future__ import annotations

from typing import Any, Final

from assay.errors import InputError
from assay.labelling import AgreementReport, Annotations, measure_agreement, read_annotations
from assay.policy.labelling import AgreementLimit
from assay.stages.labels.rounds._collect import standing
from assay.stages.labels.rounds._folder import RoundFolder
from assay.statistics.scores.estimate import Estimate
from assay.verdict import Frozen, Outcome, worst

_SEED: Final = 1


class LimitJudged(Frozen):
    """A limit and its outcome: PASS and FAIL need the whole interval on one side of it."""

    figure: str
    least: float
    outcome: Outcome


class AgreedRound(Frozen):
    """The agreement of a round's annotators; no limit, no outcome."""

    dataset: str
    round: int
    report: AgreementReport
    limits: tuple[LimitJudged, ...]

    @property
    def outcome(self) -> Outcome:
        """The worst of the limits' outcomes."""
        return worst(one.outcome for one in self.limits)


def agree_on_round(folder: RoundFolder, *, alpha: float = 0.05, seed: int = _SEED) -> AgreedRound:
    """Measure how well the annotators of a round agree so far.

    Raises
    ------
    InputError
        If nobody has answered.
    """
    report = measure_agreement(
        annotations_of(folder), level=folder.policy.level, alpha=alpha, seed=seed
    )
    judged = tuple(_judge(limit, report) for limit in folder.policy.agreement)
    return AgreedRound(dataset=folder.dataset, round=folder.number, report=report, limits=judged)


def _judge(limit: AgreementLimit, report: AgreementReport) -> LimitJudged:
    found = report.overall.figures.get(limit.figure)
    return LimitJudged(figure=limit.figure, least=limit.min, outcome=_outcome(found, limit.min))


def _outcome(found: Estimate | None, least: float) -> Outcome:
    if found is None or found.low is None or found.high is None:
        return Outcome.INCONCLUSIVE
    if found.low >= least:
        return Outcome.PASS
    return Outcome.FAIL if found.high < least else Outcome.INCONCLUSIVE


def annotations_of(folder: RoundFolder) -> Annotations:
    """The answers that stand, as agreement and aggregation read them; gold tasks among them."""
    import pyarrow as pa

    given = standing(folder)
    if not given:
        raise InputError("nobody has answered", where=f"{folder.dataset} round {folder.number}",
                         do="Collect answers: assay label collect.")  # fmt: skip
    numbers = folder.policy.level == "interval"
    labels: list[Any] = [int(one) if numbers else one for one in given.values()]
    rows = pa.table({
        "task": [task for task, _ in given], "annotator": [who for _, who in given],
        "label": labels,
    })  # fmt: skip
    order = () if numbers else folder.round.answers
    return read_annotations(rows, task="task", annotator="annotator", label="label", order=order)
