"""The retention policy: how long the files and versions of a data set are kept.

Every zone that Assay writes batches into has a maximum age; none has one by default. The age counts
from a moment that the policy names, so that old data which arrives today isn't swept tonight. What
comes first where rules meet: a legal hold, the statutory minimum, the maximum age; a rollback point
may delay the last by a grace period, and nothing else may. Each period names its legal basis, or
the policy names one for all.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from functools import cached_property
from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from assay.policy._base import Model, Policy, by_name, optional
from assay.policy.drift import Batches, BatchRange
from assay.policy.tighter import ADDED, ASKED, LESS, MORE, SAME, ranked

CountsFrom = Literal["landed_at", "released_at", "batch_end"]
Classified = Literal["identifier", "sensitive", "quasi_identifier"]
Kept = Literal[
    "landing", "quarantine", "work", "audit", "labelling", "archive", "released", "unreleased"
]
"""What holds rows: zones, and versions of the registry."""
_CLEAR: Final[tuple[Kept, ...]] = ("landing", "quarantine", "audit")


class Basis(Model):
    """The legal basis of a period: what allows to keep the data, or asks for it."""

    kind: Literal[
        "consent", "contract", "law", "vital_interests", "public_task", "legitimate_interests"
    ] = Field(description="The kind of basis, as in article 6 of the GDPR.")
    name: str = Field(
        min_length=1,
        description="Which consent, contract, law with its section, task or interest; no personal "
        "data.",
    )

    def __str__(self) -> str:
        return f"{self.kind.replace('_', ' ')}: {self.name}"


def _basis() -> Basis | None:
    return optional(  # type: ignore[no-any-return]
        "The legal basis of this period; without it, the policy's `basis` counts."
    )


class Period(Model):
    """A maximum age and the moment that it counts from."""

    counts_from: Annotated[CountsFrom, SAME] = Field(
        description="`landed_at`: when the input arrived; `released_at`: when the version made "
        "from it was first released, or `landed_at` for what never was, so that nothing lies for "
        "ever; `batch_end`: when the batch's day, month or year ended."
    )
    max_age_days: Annotated[int, LESS] = Field(
        ge=1, description="Days from that moment after which the sweep removes it."
    )
    rationale: str | None = Field(None, description="What the period comes from.")
    basis: Basis | None = _basis()
    min_age_days: Annotated[int, MORE] = Field(
        0,
        ge=0,
        description="The statutory minimum: nothing goes before this many days from that moment, "
        "whatever shorter period a class of columns or an organisation asks for.",
    )

    @model_validator(mode="after")
    def _least_below_most(self) -> Self:
        if self.min_age_days > self.max_age_days:
            raise ValueError("min_age_days is above max_age_days: both can't be kept")
        return self


class WrittenPeriod(Model):
    """A maximum age for files that belong to no batch; it counts from when they were written."""

    counts_from: Annotated[Literal["landed_at"], SAME] = Field(
        description="`landed_at`: here, when the file was written."
    )
    max_age_days: Annotated[int, LESS] = Field(
        ge=1, description="Days after which the sweep removes it."
    )
    rationale: str | None = Field(None, description="What the period comes from.")


class ZonePeriods(Model):
    """One period a zone; required wherever it is used: a limit that nobody wrote nobody chose."""

    landing: Period = Field(description="Originals and landed rows; clear identifiers are in them.")
    quarantine: Period = Field(description="Landed rows that failed; clear identifiers too.")
    work: Period = Field(
        description="Protected tables between the stages, those of held candidates included."
    )
    audit: Period | None = optional(
        "Protected attributes that the privacy policy removes and the fairness gate "
        "compares, sealed; needed where there are any. With the last file of a month its key goes."
    )
    labelling: Period | None = optional(
        "Rounds of labelling: tasks, and who answered what, which are figures about people; needed "
        "where rows are labelled, and longer than a round."
    )
    spill: WrittenPeriod = Field(
        description="What an engine that was killed left behind. The zone is shared: the shortest "
        "period of all data sets is used."
    )
    reports: Period = Field(description="Results, reports and Data Docs.")
    messages: WrittenPeriod = Field(
        description="Messages rendered where no connection is set up. A message about several "
        "data sets, a digest or a bundle, is kept for the shortest period of all of them."
    )
    archive: Period | None = Field(
        None, description="Removed versions that were archived; asked for where one is."
    )


class ReleasedPeriod(Period):
    """How long a version that was released once is kept, and what becomes of it then."""

    grace_days: Annotated[int, LESS] = Field(
        ge=0,
        description="Days for which a rollback point may still keep a version that has left the "
        "released snapshot because its period ended. Then it goes whatever points to it.",
    )
    rollback_points: Annotated[int, LESS] = Field(
        ge=0, description="How many earlier snapshots shall stay whole, to roll back to."
    )
    then: Annotated[Literal["archive", "remove"], ranked("archive", "remove")] = Field(
        description="`archive`: its objects are copied to the zone `archive` before they are "
        "removed, and one command brings them back; `remove`: they are gone."
    )


class VersionPeriods(Model):
    """How long versions are kept in the registry."""

    released: ReleasedPeriod = Field(description="Versions that were released once.")
    unreleased: Period = Field(
        description="Versions that never were: of held batches and of rehearsals."
    )
    trash_days: Annotated[int, LESS] = Field(
        ge=1,
        description="Days for which the objects of a removed version lie in the trash of their "
        "store, whence a command brings them back; then they are deleted. Nobody is given them "
        "meanwhile. An object that belongs to no version lies there for the longest of all data "
        "sets' days.",
    )
    min_age_days: Annotated[int, MORE] = Field(
        0,
        ge=0,
        description="The statutory minimum: no version goes before this many days from the moment "
        "that its period counts from.",
    )
    min_age_rationale: str | None = Field(None, description="The law or contract that asks for it.")

    @model_validator(mode="after")
    def _minimum_below_maximum(self) -> Self:
        if self.min_age_days > self.released.max_age_days:
            raise ValueError("min_age_days is above released.max_age_days: both can't be kept")
        return self


class ClassPeriod(Model):
    """A maximum age for data sets that have a column of one class."""

    max_age_days: Annotated[int, LESS] = Field(
        ge=1, description="Days after which they go, where their own period is longer."
    )
    zones: Annotated[tuple[Kept, ...], ADDED] = Field(
        _CLEAR,
        description="Where it counts: zones, and `released` or `unreleased` versions. By default "
        "where clear values may be.",
    )
    basis: Basis | None = optional("Why; without it, that of the longer period counts.")


class ApproveAbove(Model):
    """The most that a sweep takes of a data set without asking a person."""

    bytes: Annotated[int | None, LESS] = optional("More bytes than this ask a person.", ge=0)
    files: Annotated[int | None, LESS] = optional("More files than this do.", ge=0)
    versions: Annotated[int | None, LESS] = optional("More versions than this do.", ge=0)

    @model_validator(mode="after")
    def _something(self) -> Self:
        if (self.bytes, self.files, self.versions) == (None, None, None):
            raise ValueError("state bytes, files or versions")
        return self


class Hold(Model):
    """A legal hold: nothing of these batches goes while it lasts, whatever its period."""

    batches: Literal["all"] | Batches = Field(
        description="`all`, a list of batches, or `first` and `last`. A year covers its months "
        "and days too, and a day for the month and the year that it is in."
    )
    reason: str = Field(min_length=1, description="The case or order; no personal data.")
    until: dt.date | None = Field(
        None, description="Last day of the hold; without it, until it is taken out of the policy."
    )

    def covers(self, batch: str | None, day: dt.date) -> bool:
        """Whether it holds a batch on a day; what belongs to no batch is held by `all` alone.

        A year's hold holds its months and days, and a day's hold the month and the year that it is
        in: what lies there may be older than the contract's grain.
        """
        if self.until is not None and day > self.until:
            return False
        if self.batches == "all":
            return True
        if batch is None:
            return False
        if isinstance(self.batches, BatchRange):
            first, last = self.batches.first, self.batches.last
            return first[: len(batch)] <= batch and batch[: len(last)] <= last
        return any(b.startswith(batch) or batch.startswith(b) for b in self.batches)


class RetentionPolicy(Policy):
    """How long the files and versions of a data set are kept."""

    noun: ClassVar[str] = "retention"

    zones: ZonePeriods = Field(description="The zones with their periods.")
    versions: Annotated[VersionPeriods | None, ASKED] = Field(
        None, description="Versions in the registry; without it they are kept for ever."
    )
    holds: Annotated[tuple[Hold, ...], ADDED] = Field((), description="Legal holds.")
    basis: Basis | None = optional(
        "The legal basis of every period that names none; needed where columns are classified."
    )
    classes: dict[Classified, ClassPeriod] = by_name(
        "Class of columns to a shorter period, for data sets that have a column of it."
    )
    approve_above: Annotated[ApproveAbove | None, ASKED] = optional(
        "Above this a sweep asks a person; without it, it asks nobody."
    )

    @model_validator(mode="after")
    def _archive_has_a_period(self) -> Self:
        archives = self.versions is not None and self.versions.released.then == "archive"
        if archives and self.zones.archive is None:
            raise ValueError("versions.released.then is archive, but zones.archive has no period")
        return self

    @property
    def trash_days(self) -> int | None:
        """Days in the trash; None where versions have no period."""
        return self.versions.trash_days if self.versions else None

    @cached_property
    def asks_batch_end(self) -> bool:
        """Whether any period counts from the end of a batch."""
        return any(period.counts_from == "batch_end" for period in self.periods.values())

    @property
    def periods(self) -> dict[str, Period]:
        """The periods of what holds rows and of reports, by zone or kind of version."""
        zones = {name: getattr(self.zones, name) for name in ZonePeriods.model_fields}
        found = {name: period for name, period in zones.items() if isinstance(period, Period)}
        if self.versions:
            found |= {"released": self.versions.released, "unreleased": self.versions.unreleased}
        return found

    @property
    def without_basis(self) -> list[str]:
        """The periods of which nobody says the legal basis."""
        return [] if self.basis else [name for name, p in self.periods.items() if p.basis is None]

    def for_classes(self, classes: Collection[str]) -> RetentionPolicy:
        """The periods that count for a data set with columns of these classes.

        Each has its legal basis, and is as short as the classes ask for.
        """
        changed = {name: self._shortened(name, p, classes) for name, p in self.periods.items()}
        versions = self.versions and self.versions.model_copy(
            update={name: changed.pop(name) for name in ("released", "unreleased")}
        )
        return self.model_copy(
            update={"zones": self.zones.model_copy(update=changed), "versions": versions}
        )

    def _shortened(self, name: str, period: Period, classes: Collection[str]) -> Period:
        basis, days = period.basis or self.basis, period.max_age_days
        for one, rule in sorted(self.classes.items()):
            if one in classes and name in rule.zones and rule.max_age_days < days:
                days, basis = rule.max_age_days, rule.basis or basis
        return period.model_copy(update={"max_age_days": days, "basis": basis})

    def held(self, batch: str | None, day: dt.date) -> Iterator[Hold]:
        """The holds that cover a batch on a day."""
        return (hold for hold in self.holds if hold.covers(batch, day))
