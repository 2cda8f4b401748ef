"""Quality as a number: a score per dimension, from the counts that the one scan gave."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, get_args

from assay.policy.quality import Dimension, QualityPolicy, ScoreLimit
from assay.quality._finding import Finding
from assay.quality._registry import entry_of
from assay.quality._suite import Expectation
from assay.quality._validation import Validation
from assay.quality._wording import unmet_words
from assay.reasons import ReasonCode
from assay.verdict import Measurement, Outcome, Reason

DIMENSIONS: Final[tuple[Dimension, ...]] = get_args(Dimension)
_BY_NAME: Final[tuple[tuple[Dimension, str], ...]] = (
    ("timeliness", r"fresh"),
    ("completeness", r"_to_not_be_null$|non_null|_to_exist$|_table_(row|column)"),
    ("uniqueness", r"_to_be_unique$|unique_value|proportion_of_unique"),
    ("consistency", r"_pair_|multicolumn|within_record|other_table|in_reference$|unexpected_rows"),
)
_DUPLICATES: Final = "exact duplicates"
_BY_REASON: Final = {"batch": "timeliness"}


@dataclass(frozen=True)
class Score:
    """A dimension's score of one table: ``met`` of ``judged`` cells.

    Read ``value``: 1 where all that is expected of the dimension holds, None where nothing of it
    could be judged. ``worst`` is the label of the expectation that most cells don't meet, and
    ``worst_words`` says it for a reader.
    """

    dimension: Dimension
    met: int
    judged: int
    expectations: int
    worst: str | None = None
    worst_words: str | None = None

    @property
    def value(self) -> float | None:
        """Share of the judged cells that meet what is expected of them."""
        return self.met / self.judged if self.judged else None


def dimension(expectation: Expectation) -> Dimension:
    """The dimension of quality that an expectation is about.

    ``meta.dimension`` gives it where it is one of the five. Else the type's entry in the registry
    does, or the words of its name: completeness (nulls, rows and columns of the table), uniqueness,
    consistency (columns of one row, other tables, queries), timeliness (freshness, rows within
    their batch), and validity for all else.

    Examples
    --------
    >>> dimension(Expectation("expect_column_values_to_not_be_null", {"column": "a"}))
    'completeness'
    >>> dimension(Expectation("expect_column_values_to_be_between", {"column": "a"}))
    'validity'
    """
    named = expectation.meta.get("dimension")
    if named in DIMENSIONS:
        return named  # type: ignore[no-any-return]
    reason = str(expectation.meta.get("reason", "")).partition(":")[0]
    if reason in _BY_REASON:
        return _BY_REASON[reason]  # type: ignore[return-value]
    registered = entry_of(expectation.type).dimension
    if registered is not None:
        return registered
    return next((d for d, words in _BY_NAME if re.search(words, expectation.type)), "validity")


def measure_scores(validation: Validation) -> tuple[Score, ...]:
    """Score each dimension by what the expectations of it found; no further scan.

    Returns
    -------
    tuple of Score
        One for each of the five dimensions, in their order.

    Notes
    -----
    score = Σ met / Σ judged over the dimension's expectations that aren't mere information. An
    expectation of rows counts the cells that it judged (missing ones left out, as its result has
    them) and those of them that meet it, ``mostly`` set aside. One of the whole table counts as
    all its rows, met or not. What couldn't be judged counts for nothing. Where exact duplicates are
    dropped before all else, there being none counts as one more expectation of uniqueness, of all
    rows that came; the others judge the rows that are left. So a dimension with many expectations
    hides one bad column in its score: the reason names the worst.

    References
    ----------
    Batini, C., Cappiello, C., Francalanci, C., & Maurino, A. (2009). Methodologies for data
    quality assessment and improvement. ACM Computing Surveys 41(3), 16.
    doi:10.1145/1541880.1541883
    Pipino, L. L., Lee, Y. W., & Wang, R. Y. (2002). Data quality assessment. Communications of
    the ACM 45(4), 211–218. doi:10.1145/505248.506010 (the simple ratio)
    """
    rows = validation.rows_in - validation.dropped
    judged = [f for f in validation.findings if f.not_judged is None]
    counted = [
        (dimension(e), *_cells(f, rows), e.label, unmet_words(e) or e.label)
        for f, e in ((f, f.expectation) for f in judged)
        if e.severity != "info"
    ]
    if validation.duplicates is not None:
        met = validation.rows_in - validation.duplicates
        counted.append(("uniqueness", met, validation.rows_in, _DUPLICATES, _DUPLICATES))
    return tuple(_score(name, [cell for d, *cell in counted if d == name]) for name in DIMENSIONS)


def _score(name: Dimension, cells: list[Any]) -> Score:
    unmet, worst, words = max(((n - met, *named) for met, n, *named in cells), default=(0, "", ""))
    return Score(
        name,
        met=sum(met for met, *_ in cells),
        judged=sum(n for _, n, *_ in cells),
        expectations=len(cells),
        worst=worst if unmet else None,
        worst_words=words if unmet else None,
    )


def _cells(finding: Finding, rows: int) -> tuple[int, int]:
    """Cells that meet the expectation, and cells that it judged."""
    result = finding.result
    if "unexpected_count" not in result or "element_count" not in result:
        return (rows if finding.success else 0), rows
    judged = int(result["element_count"]) - int(result.get("missing_count") or 0)
    return judged - int(result["unexpected_count"]), judged


def score_measurements(scores: tuple[Score, ...]) -> list[Measurement]:
    """The scores as measurements: ``quality_score``, the dimension as the group."""
    return [
        Measurement(
            name="quality_score", value=s.value, unit="share", n=s.judged, group=s.dimension,
            detail={"expectations": s.expectations, "worst": s.worst},
        )
        for s in scores
    ]  # fmt: skip


def judge_scores(scores: tuple[Score, ...], policy: QualityPolicy, stage: str) -> Iterator[Reason]:
    """What the policy's limits for a stage (``raw`` or ``clean``) say of the scores."""
    limits = {"raw": policy.scores.raw, "clean": policy.scores.clean}.get(stage)
    for score in scores:
        limit: ScoreLimit | None = getattr(limits, score.dimension, None)
        if limit is None:
            continue
        if score.value is None:
            yield Reason(
                code=ReasonCode.QUALITY_SCORE_NOT_MEASURED,
                outcome=Outcome.INCONCLUSIVE if limit.severity == "critical" else Outcome.WARN,
                message=f"{score.dimension} has a limit, and nothing of it could be judged",
            )
        elif score.value < limit.min:
            worst = f"; most of it: {score.worst_words}" if score.worst_words else ""
            shown = int(score.value * 1000) / 1000  # cut: below the limit, as the score is
            yield Reason(
                code=ReasonCode.QUALITY_SCORE_BELOW_LIMIT,
                outcome=Outcome.FAIL if limit.severity == "critical" else Outcome.WARN,
                message=f"{score.dimension} is {shown:g}, below the limit {limit.min:g}{worst}",
                numbers={
                    "score": score.value, "limit": limit.min,
                    "cells_judged": score.judged, "cells_unmet": score.judged - score.met,
                },
            )  # fmt: skip
