"""The part of the Open Data Contract Standard v3 that Assay reads.

Keys of the standard that Assay doesn't read are accepted. Any other key is a fault, because a
misspelt ``requried`` would silently judge nothing. ``assay check`` also validates the file by the
standard's whole schema.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import (
    BeforeValidator,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    WithJsonSchema,
    field_validator,
)

from assay.contract._delivery import Delivery
from assay.contract._model import Canonical, ColumnRole, ColumnType
from assay.contract._odcs_base import Custom, CustomProperty, Odcs
from assay.contract._odcs_rules import LogicalTypeOptions, Quality
from assay.contract._partition import Partition
from assay.contract._source import Pagination
from assay.contract.rule import Severity
from assay.moment_format import MomentFormat
from assay.synthetic import SYNTHETIC


class ColumnCustom(Custom):
    """Custom properties of a column."""

    identity_domain: str | None = Field(
        None,
        description="Of an identifier: the domain within which its pseudonyms may be joined, such "
        "as `customer`. Needed for each identifier.",
    )
    canonical: Canonical | None = Field(
        None, description="How an identifier is written before it is pseudonymised."
    )
    role: ColumnRole | None = Field(
        None,
        description="The column's role for a model; cleaning never fills labels or protected "
        "attributes, and the fairness gate reads them.",
    )
    parse_format: MomentFormat | None = Field(
        None,
        description="How a date or timestamp is written, in strftime's terms; ISO 8601 otherwise.",
    )
    repeated_hour: Literal["earlier", "later"] | None = Field(
        None,
        description="Of a timestamp without a zone: which of the two is meant where the clock is "
        "put back and shows a time twice. By default such a time is not parsed.",
    )


class RelationshipCustom(Custom):
    """Custom properties of a relationship."""

    severity: Severity = Field("critical", description="Severity of a value that isn't there.")
    mostly: float = Field(1.0, ge=0, le=1, description="Share of the values that must be there.")


class ServerCustom(Custom):
    """Custom properties of a server."""

    connection: str | None = Field(
        None, description="Id of the Airflow connection that holds address and credentials."
    )
    compression: Literal["gzip", "zstd"] | None = Field(
        None, description="Of files; by default given by the file's ending."
    )
    null_values: tuple[str, ...] = Field(
        ("",), description="Of CSV: texts that mean a missing value."
    )
    decimal: Literal[".", ","] = Field(".", description="Of CSV: the decimal sign of its numbers.")
    thousands: str | None = Field(
        None, description="Of CSV: what separates the thousands of its numbers, such as `.`."
    )
    max_bytes: int | None = Field(
        None,
        description="Most bytes of one batch, as it is read, decompressed and decoded. Reading "
        "stops there, and the batch is held. By default 10 GB of `api`, and no limit else.",
    )
    max_seconds: int = Field(
        3600,
        gt=0,
        description="Of files over HTTP, and of `api`: seconds in which a batch must be fetched, "
        "with all its pages, tries and waits.",
    )
    max_attempts: int = Field(
        5, gt=0, description="Of the same: how often one request is tried, the first included."
    )
    timeout_seconds: int = Field(
        60, gt=0, description="Of the same: seconds without a byte before a request is given up."
    )
    max_pages: int = Field(
        10_000, gt=0, description="Of `api`: most pages of one batch; more hold it."
    )
    hosts: tuple[str, ...] = Field(
        (),
        description="Of files over HTTP, and of `api`: further hosts (`host` or `host:port`) to "
        "which the source may redirect or link a next page. Credentials never go there.",
    )
    params: dict[str, str] = Field(
        default_factory=dict,
        description="Of `api`: query parameters; `{batch}`, `{batch_start}`, `{batch_end}` are "
        "filled.",
    )
    records: str | None = Field(
        None, description="Of `api`: dotted path of the rows in the body; the body itself if unset."
    )
    pagination: Pagination | None = Field(None, description="Of `api`: how it is paged.")
    query: str | None = Field(
        None,
        description="Of a database, and of `custom` to make it one: one SELECT; `:batch`, "
        "`:batch_start`, `:batch_end` are bound.",
    )


class DatasetCustom(Custom):
    """Custom properties of the whole contract."""

    partition: Partition = Field(description="Which batches there are, and when each is due.")
    delivery: Delivery = Field(
        default_factory=Delivery,
        description="Which batches are expected to arrive; without it, all of them.",
    )
    on_duplicate: Literal["fail", "keep_first"] = Field(
        "fail",
        description="`keep_first` drops rows that equal an earlier one in every column; `fail` "
        "leaves them to the key and the suites.",
    )
    runbook: str | None = Field(None, description="Address of the data set's own runbook.")


ColumnOf = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*\.[^.#]+$")]
"""A column of a data set, as a relationship names it: ``dataset.column``."""
_ONE_OR_MORE: Final = {
    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]
}


def _several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Columns = Annotated[tuple[ColumnOf, ...], BeforeValidator(_several), WithJsonSchema(_ONE_OR_MORE)]
OwnColumns = Annotated[tuple[str, ...], BeforeValidator(_several), WithJsonSchema(_ONE_OR_MORE)]


class Relationship(Odcs):
    """A reference to other data sets' columns; several together are one composite key."""

    standard = frozenset({"id", "description"})
    type: Literal["foreignKey"] = "foreignKey"
    from_: OwnColumns = Field((), alias="from")
    to: Columns
    custom: tuple[CustomProperty, ...] = Field((), alias="customProperties")


class EnumValue(Odcs):
    """One value of a closed list."""

    standard = frozenset({"id", "tags", "customProperties", "authoritativeDefinitions"})
    label: str | None = None
    description: str | None = None
    value: StrictStr | StrictBool | StrictInt | StrictFloat
    """As YAML reads it, so that a text which YAML takes for a number isn't taken for a text."""


class Property(Odcs):
    """A column."""

    standard = frozenset({
        "id", "physicalType", "physicalName", "businessName", "deprecated", "synonyms",
        "authoritativeDefinitions", "tags", "semanticType", "partitioned", "partitionKeyPosition",
        "encryptedName", "transformSourceObjects", "transformLogic", "transformDescription",
        "examples", "criticalDataElement",
    })  # fmt: skip
    name: str = Field(pattern=rf"^(_?[^_\x00\n][^\x00\n]{{0,254}}|_|{SYNTHETIC})$")
    logical_type: ColumnType
    logical_type_options: LogicalTypeOptions | None = None
    description: str | None = None
    primary_key: bool = False
    primary_key_position: int | None = None
    required: bool = False
    unique: bool = False
    classification: Literal["identifier", "quasi_identifier", "sensitive", "public"] | None = None
    enum: tuple[EnumValue, ...] | None = None
    relationships: tuple[Relationship, ...] = ()
    quality: tuple[Quality, ...] = ()
    custom: tuple[CustomProperty, ...] = Field((), alias="customProperties")

    @field_validator("name", mode="before")
    @classmethod
    def _not_our_own(cls, name: Any) -> Any:
        if isinstance(name, str) and name.startswith("__") and name != SYNTHETIC:
            raise ValueError("names that begin with two underscores are Assay's own")
        return name


class SchemaObject(Odcs):
    """The one table of a contract."""

    standard = frozenset({
        "id", "physicalType", "description", "businessName", "deprecated", "synonyms",
        "authoritativeDefinitions", "tags", "customProperties", "logicalType",
        "dataGranularityDescription", "context",
    })  # fmt: skip
    name: str
    physical_name: str | None = None
    relationships: tuple[Relationship, ...] = ()
    quality: tuple[Quality, ...] = ()
    properties: tuple[Property, ...] = Field(min_length=1)


class Server(Odcs):
    """A source: files (``local``, ``s3``, ``custom``), a REST endpoint (``api``), a database.

    ``custom`` is a database if it has a query.
    """

    standard = frozenset({
        "id", "description", "environment", "roles", "server", "account", "catalog", "database",
        "dataset", "endpointUrl", "host", "port", "project", "region", "regionName", "schema",
        "serviceName", "stagingDir", "warehouse", "workgroup",
    })  # fmt: skip
    type: Literal["local", "s3", "custom", "api", "athena", "bigquery", "clickhouse", "cloudsql",
                  "databricks", "duckdb", "exasol", "impala", "mysql", "oracle", "postgres",
                  "postgresql", "redshift", "snowflake", "sqlserver", "synapse",
                  "trino"]  # fmt: skip
    path: str | None = None
    location: str | None = None
    format: Literal["csv", "jsonl", "parquet"] | None = None
    encoding: str = "utf-8"
    delimiter: str | None = None
    custom: tuple[CustomProperty, ...] = Field((), alias="customProperties")


class Description(Odcs):
    """What the data is for."""

    standard = frozenset({"usage", "authoritativeDefinitions", "customProperties"})
    purpose: str
    limitations: str | None = None


class Member(Odcs):
    """A member of the owning team."""

    standard = frozenset({
        "id", "name", "description", "dateIn", "dateOut", "replacedByUsername", "tags",
        "customProperties", "authoritativeDefinitions",
    })  # fmt: skip
    username: str
    role: str | None = None


class Team(Odcs):
    """The owning team."""

    standard = frozenset(
        {"id", "description", "tags", "customProperties", "authoritativeDefinitions"}
    )
    name: str = Field(min_length=1, max_length=80)
    members: tuple[Member, ...] = ()


class Support(Odcs):
    """Where the owner is reached."""

    standard = frozenset({
        "id", "url", "description", "tool", "scope", "invitationUrl", "customProperties"
    })  # fmt: skip
    channel: str


class ServiceLevelCustom(Custom):
    """Custom properties of a service level."""

    severity: Severity = Field("critical", description="Severity of a late batch.")


class ServiceLevel(Odcs):
    """A promise about the service; of these, Assay judges ``latency`` and ``freshness``."""

    standard = frozenset({
        "id", "valueExt", "driver", "description", "scheduler", "schedule",
        "authoritativeDefinitions",
    })  # fmt: skip
    property: str
    value: str | float | bool | None
    unit: str | None = None
    element: str | None = None
    custom: tuple[CustomProperty, ...] = Field((), alias="customProperties")


class DataContract(Odcs):
    """A contract file."""

    standard = frozenset({
        "tenant", "dataProduct", "domain", "price", "roles", "slaDefaultElement",
        "authoritativeDefinitions", "context", "contractCreatedTs",
    })  # fmt: skip
    api_version: str = Field(pattern=r"^v3\.\d+\.\d+$")
    kind: Literal["DataContract"]
    id: str
    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")
    version: str
    status: str
    tags: tuple[str, ...] = ()
    description: Description
    team: Team
    support: tuple[Support, ...] = ()
    servers: tuple[Server, ...] = Field(min_length=1, max_length=1)
    levels: tuple[ServiceLevel, ...] = Field((), alias="slaProperties")
    schema_: tuple[SchemaObject, ...] = Field(alias="schema", min_length=1, max_length=1)
    custom: tuple[CustomProperty, ...] = Field(alias="customProperties")

    @field_validator("team", mode="before")
    @classmethod
    def _named(cls, team: Any) -> Any:
        """The list of members that the standard had before v3.1, by its owner's name."""
        if not isinstance(team, list) or not all(isinstance(m, dict) for m in team) or not team:
            return team
        owners = [m for m in team if str(m.get("role")).lower() == "owner"]
        return {"name": (owners or team)[0].get("username"), "members": team}
