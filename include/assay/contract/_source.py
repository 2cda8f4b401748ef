"""Where a data set's batches come from."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Format = Literal["csv", "jsonl", "parquet"]


class _Source(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True)

    connection: str | None = Field(
        None, description="Id of the connection that holds address and credentials."
    )
    max_bytes: int | None = Field(
        None,
        gt=0,
        description="Most bytes of one batch as it is read, decompressed and decoded.",
    )


class _WebSource(_Source):
    hosts: tuple[str, ...] = Field(
        (),
        description="Further hosts (`host` or `host:port`) to which an HTTP source may redirect; "
        "credentials never go there.",
    )


class FilesSource(_WebSource):
    """Files: a path below the home, ``s3://…``, ``http(s)://…``."""

    kind: Literal["files"] = "files"
    location: str = Field(
        description="Path or URL with `{batch}` in it; a relative path starts at ASSAY_HOME."
    )
    format: Format = Field(description="`csv`, `jsonl` (JSON lines) or `parquet`.")
    compression: Literal["gzip", "zstd"] | None = Field(
        None, description="Compression of the file; by default given by its ending."
    )
    encoding: str = Field("utf-8", description="Encoding of text files.")
    delimiter: str = Field(",", min_length=1, max_length=1, description="Delimiter of CSV.")
    null_values: tuple[str, ...] = Field(
        ("",), description="Texts of CSV that mean a missing value."
    )


class Pagination(BaseModel):
    """How a REST endpoint is paged."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    style: Literal["page", "offset", "cursor", "link"] = Field(
        description="`page` number, `offset`, `cursor` from the body, or the `Link` header."
    )
    parameter: str = Field("page", description="Query parameter that carries page or cursor.")
    size_parameter: str | None = Field(None, description="Query parameter of the page size.")
    size: int | None = Field(None, gt=0, description="Rows a page.")
    cursor: str | None = Field(None, description="Dotted path of the next cursor in the body.")


class RestSource(_WebSource):
    """A REST endpoint that answers JSON, page by page."""

    kind: Literal["rest"] = "rest"
    location: str = Field(description="URL; `{batch}`, `{batch_start}`, `{batch_end}` are filled.")
    params: dict[str, str] = Field(
        default_factory=dict, description="Query parameters, filled like the location."
    )
    records: str | None = Field(
        None, description="Dotted path of the list of rows in the body; the body itself if unset."
    )
    pagination: Pagination | None = Field(None, description="How it is paged, if it is.")


class SqlSource(_Source):
    """A database, by one SELECT over the batch."""

    kind: Literal["sql"] = "sql"
    connection: str = Field(description="Id of the connection that holds the database's URL.")
    query: str = Field(
        description="One SELECT; `:batch`, `:batch_start`, `:batch_end` are bound as parameters."
    )


Source = Annotated[FilesSource | RestSource | SqlSource, Field(discriminator="kind")]
