"""The quality policy: how much may be held back from a batch before the batch itself is."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from assay.policy._base import GatePolicy, Model, by_name, optional

Parameter = str | int | float | bool | None | list[str | int | float | bool | None]

Dimension = Literal["completeness", "uniqueness", "validity", "consistency", "timeliness"]


class QuarantineLimit(Model):
    """The share of a batch's rows that may go to quarantine without holding the batch."""

    max_share: float = Field(
        ge=0,
        le=1,
        description="Largest tolerable share (0 to 1) of quarantined rows among the rows that were "
        "judged; above it the batch is held.",
    )
    warn_share: float | None = Field(
        None,
        ge=0,
        le=1,
        description="Share above which quarantined rows make the verdict WARN. Up to it they are "
        "quarantined and listed, and the verdict stays PASS. Without it each such row is a WARN.",
    )
    rationale: str | None = Field(None, description="Why these shares and not others.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.warn_share is not None and self.warn_share > self.max_share:
            raise ValueError("warn_share is above max_share, so that no batch would warn")
        return self

    def warns(self, share: float) -> bool:
        """Whether a share of quarantined rows is worth a warning."""
        return share > (self.warn_share or 0)


class GxFallback(Model):
    """When an expectation that the compiler doesn't know may run on Great Expectations."""

    max_rows: int = Field(
        ge=0,
        description="Most rows that may be handed to Great Expectations, which holds them all in "
        "memory; beyond them the expectation is INCONCLUSIVE.",
    )
    rationale: str | None = Field(None, description="Why this many.")


class ScoreLimit(Model):
    """The least score that a dimension of quality may have."""

    min: float = Field(
        ge=0, le=1, description="Least tolerable share (0 to 1) of the judged cells that meet it."
    )
    severity: Literal["critical", "warning"] = Field(
        description="A score below the limit holds the batch (`critical`) or only warns."
    )
    rationale: str | None = Field(None, description="Why this score and not another.")


class StageScores(Model):
    """Limits on the scores of one stage; a dimension without one is measured, never judged."""

    completeness: ScoreLimit | None = optional("Nulls where none may be, missing columns and rows.")
    uniqueness: ScoreLimit | None = optional(
        "Keys and other unique columns; rows that came twice, where the contract keeps the first."
    )
    validity: ScoreLimit | None = Field(
        None, description="Values that parse, lie in their set, range, length or pattern."
    )
    consistency: ScoreLimit | None = Field(
        None, description="Columns of one row against each other, references to other data sets."
    )
    timeliness: ScoreLimit | None = Field(
        None, description="Rows within their batch, and freshness where the contract states it."
    )


class ScoreLimits(Model):
    """Limits on quality as a number, for the rows as they arrived and as cleaning left them."""

    raw: StageScores = Field(StageScores(), description="Limits on the scores of the raw rows.")
    clean: StageScores = Field(
        StageScores(), description="Limits on the scores of the cleaned rows."
    )


class QualityPolicy(GatePolicy):
    """How the findings of the two suites decide over a batch."""

    noun: ClassVar[str] = "quality"

    quarantine: QuarantineLimit = Field(description="The limit on quarantined rows.")
    gx: GxFallback = Field(description="The limit on rows that Great Expectations may be given.")
    scores: ScoreLimits = Field(
        ScoreLimits(),
        description="Least scores of the dimensions of quality; every score is measured and kept.",
    )
    parameters: dict[str, Parameter] = by_name(
        "Values of `$PARAMETER` placeholders in the suites, by name."
    )
