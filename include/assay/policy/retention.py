"""The retention policy: how long the files of a data set may lie in each zone.

Every zone that Assay writes batches into has a maximum age; none has one by default. The age of a
file counts from a moment that the policy names, so that old data which arrives today isn't swept
tonight.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from assay.policy._base import Model, Policy

CountsFrom = Literal["landed_at", "released_at", "batch_end"]


class Period(Model):
    """A maximum age and the moment that it counts from."""

    counts_from: CountsFrom = Field(
        description="`landed_at`: when the input arrived; `released_at`: when the version made "
        "from it was first released, or `landed_at` for what never was, so that nothing lies for "
        "ever; `batch_end`: when the batch's day, month or year ended."
    )
    max_age_days: int = Field(
        ge=1, description="Days from that moment after which the sweep removes it."
    )
    rationale: str | None = Field(None, description="What the period comes from.")


class WrittenPeriod(Model):
    """A maximum age for files that belong to no batch; it counts from when they were written."""

    counts_from: Literal["landed_at"] = Field(
        description="`landed_at`: here, when the file was written."
    )
    max_age_days: int = Field(ge=1, description="Days after which the sweep removes it.")
    rationale: str | None = Field(None, description="What the period comes from.")


class ZonePeriods(Model):
    """One period a zone; required wherever it is used: a limit that nobody wrote nobody chose."""

    landing: Period = Field(description="Originals and landed rows; clear identifiers are in them.")
    quarantine: Period = Field(description="Landed rows that failed; clear identifiers too.")
    work: Period = Field(
        description="Protected tables between the stages, those of held candidates included."
    )
    audit: Period | None = Field(
        None,
        description="Protected attributes that the privacy policy removes and the fairness gate "
        "compares, sealed; needed where there are any. With the last file of a month its key goes.",
    )
    spill: WrittenPeriod = Field(
        description="What an engine that was killed left behind. The zone is shared: the shortest "
        "period of all data sets is used."
    )
    reports: Period = Field(description="Results, reports and Data Docs.")
    messages: WrittenPeriod = Field(description="Messages rendered where no connection is set up.")


class RetentionPolicy(Policy):
    """How long the files of a data set may lie in each zone."""

    zones: ZonePeriods = Field(description="The zones with their periods.")
