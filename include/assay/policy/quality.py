"""The quality policy: how much may be held back from a batch before the batch itself is."""

from __future__ import annotations

from pydantic import Field

from assay.policy._base import GatePolicy, Model

Parameter = str | int | float | bool | None | list[str | int | float | bool | None]


class QuarantineLimit(Model):
    """The share of a batch's rows that may go to quarantine without holding the batch."""

    max_share: float = Field(
        ge=0,
        le=1,
        description="Largest tolerable share (0 to 1) of quarantined rows among the rows that were "
        "judged; above it the batch is held.",
    )
    rationale: str | None = Field(None, description="Why this share and not another.")


class GxFallback(Model):
    """When an expectation that the compiler doesn't know may run on Great Expectations."""

    max_rows: int = Field(
        ge=0,
        description="Most rows that may be handed to Great Expectations, which holds them all in "
        "memory; beyond them the expectation is INCONCLUSIVE.",
    )
    rationale: str | None = Field(None, description="Why this many.")


class QualityPolicy(GatePolicy):
    """How the findings of the two suites decide over a batch."""

    quarantine: QuarantineLimit = Field(description="The limit on quarantined rows.")
    gx: GxFallback = Field(description="The limit on rows that Great Expectations may be given.")
    parameters: dict[str, Parameter] = Field(
        default_factory=dict,
        description="Values of `$PARAMETER` placeholders in the suites, by name.",
    )
