"""The contract as the rest of the library reads it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from assay.contract._delivery import Delivery
from assay.contract._partition import Partition
from assay.contract._source import Source
from assay.contract.rule import NotJudged, QualityRule, Severity, TypeOptions
from assay.errors import ContractError, did_you_mean

ColumnType = Literal["string", "integer", "number", "boolean", "date", "timestamp"]
Classification = Literal["identifier", "quasi_identifier", "sensitive"]
ColumnRole = Literal["label", "prediction", "probability", "protected", "feature", "key", "weight"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Canonical(_Part):
    """How an identifier is written in its one canonical form (after its type, and NFC)."""

    trim: bool = Field(True, description="Strip white space at both ends.")
    case: Literal["upper", "lower"] | None = Field(None, description="Fold the case.")


class Reference(_Part):
    """A reference: the values of ``columns`` must occur together in ``to`` of another data set.

    They are looked up in its released rows.
    """

    columns: tuple[str, ...]
    dataset: str
    to: tuple[str, ...]
    where: str | None = None
    severity: Severity = "critical"
    mostly: float = Field(1.0, ge=0, le=1)


class Freshness(_Part):
    """The greatest age of a column's newest value at the end of its batch."""

    column: str
    max_age: timedelta
    severity: Severity = "critical"


class Punctuality(_Part):
    """The longest time from the end of a batch to its arrival."""

    max_delay: timedelta
    severity: Severity = "critical"


class Column(_Part):
    """One column: its type, its constraints, and its classification.

    Parameters
    ----------
    timezone : str, optional
        Of a timestamp: the zone in which a value without one is read; it is stored in UTC. None
        for a clock on a wall, whose values are stored as they are written.
    repeated_hour : {"earlier", "later"}, optional
        Of a timestamp: what a local time means that comes twice when the clock is put back. By
        default it isn't parsed.
    """

    name: str
    type: ColumnType
    description: str | None = None
    required: bool = False
    unique: bool = False
    format: str | None = None
    timezone: str | None = "UTC"
    repeated_hour: Literal["earlier", "later"] | None = None
    classification: Classification | None = None
    identity_domain: str | None = None
    canonical: Canonical | None = None
    levels: tuple[str, ...] | None = None
    labels: Mapping[str, str] = Field(default_factory=dict)
    """Level → what it means, where the contract says so."""
    role: ColumnRole | None = None
    options: TypeOptions | None = None

    @property
    def is_moment(self) -> bool:
        """Whether its values are moments, stored in UTC."""
        return self.type == "timestamp" and self.timezone is not None


class Contract(_Part):
    """What a data set is.

    Read ``columns`` for its schema in order, ``partition`` for its batches, ``source`` for where
    they come from, ``classified`` for what may not be shown, ``not_judged`` for what it says and
    nothing judges.
    """

    dataset: str
    version: str
    description: str
    owner: str
    owner_contact: str | None = None
    runbook: str | None = None
    tags: tuple[str, ...] = ()
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...] = ()
    on_duplicate: Literal["fail", "keep_first"] = "fail"
    freshness: tuple[Freshness, ...] = ()
    references: tuple[Reference, ...] = ()
    quality: tuple[QualityRule, ...] = ()
    not_judged: tuple[NotJudged, ...] = ()
    punctuality: Punctuality | None = None
    partition: Partition
    delivery: Delivery = Delivery()
    source: Source
    hash: str
    path: Path

    @cached_property
    def column_names(self) -> tuple[str, ...]:
        """Names of the columns, in the contract's order."""
        return tuple(c.name for c in self.columns)

    @cached_property
    def identifiers(self) -> tuple[Column, ...]:
        """Columns that lead to a person by themselves."""
        return tuple(c for c in self.columns if c.classification == "identifier")

    @cached_property
    def classified(self) -> frozenset[str]:
        """Names of the columns whose values may not be shown."""
        return frozenset(c.name for c in self.columns if c.classification is not None)

    @cached_property
    def roles(self) -> dict[str, str]:
        """Column → role, for the columns that have one; identifiers are `identifier`."""
        roles: dict[str, str] = {c.name: c.role for c in self.columns if c.role}
        return roles | {c.name: "identifier" for c in self.identifiers}

    @cached_property
    def labels(self) -> dict[str, Mapping[str, str]]:
        """Column → its levels' labels, for the columns that have some."""
        return {c.name: c.labels for c in self.columns if c.labels}

    def why_closed(self, batch: str) -> str | None:
        """Why the calendar of deliveries expects no such batch; None for one that it expects."""
        return self.delivery.why_closed(batch, self.partition)

    def expects(self, batch: str) -> bool:
        """Whether the calendar of deliveries has a batch, be it optional or not."""
        return self.why_closed(batch) is None

    def why_no_delivery_is_fine(self, batch: str) -> str | None:
        """Why a batch for which nothing arrives needs nothing; None if it was to arrive."""
        optional = "the contract says that no delivery is fine" if self.delivery.optional else None
        return self.why_closed(batch) or optional

    def due(self, batch: str) -> datetime | None:
        """When a batch must be there, in UTC; None where no service level says so."""
        late = self.punctuality
        return None if late is None else self.partition.after_end(batch, late.max_delay)

    def column(self, name: str) -> Column:
        """The column of that name.

        Raises
        ------
        ContractError
            If there is none.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise ContractError(
            "no such column", where=self.dataset, got=name,
            expected="one of: " + ", ".join(self.column_names),
            do=did_you_mean(name, self.column_names) or None,
        )  # fmt: skip
