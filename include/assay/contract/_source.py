"""Where a data set's batches come from.

What the fields mean that a contract gives as custom properties stands there, in ``_odcs``.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, Field, model_validator

from assay.delimiters import delimiter_of

Format = Literal["csv", "jsonl", "parquet"]
_NO_DELIMITER: Final = frozenset('"\r\n\0')


class _Source(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True)

    connection: str | None = None
    max_bytes: int | None = Field(None, gt=0)


class _WebSource(_Source):
    hosts: tuple[str, ...] = ()
    max_seconds: int = Field(3600, gt=0)
    max_attempts: int = Field(5, gt=0)
    timeout_seconds: int = Field(60, gt=0)


class FilesSource(_WebSource):
    """Files: a path below the home, ``s3://…``, ``http(s)://…``."""

    kind: Literal["files"] = "files"
    location: str = Field(
        description="Path or URL with `{batch}` in it; a relative path starts at ASSAY_HOME."
    )
    format: Format = Field(description="`csv`, `jsonl` (JSON lines) or `parquet`.")
    compression: Literal["gzip", "zstd"] | None = None
    encoding: str = Field("utf-8", description="Encoding of text files.")
    delimiter: str = Field(",", min_length=1, max_length=1, description="Delimiter of CSV.")
    null_values: tuple[str, ...] = ("",)
    decimal: Literal[".", ","] = "."
    thousands: str | None = Field(None, min_length=1, max_length=1)

    @model_validator(mode="before")
    @classmethod
    def _by_ending(cls, values: Any) -> Any:
        """The delimiter that the location's ending states, where none is given."""
        if not isinstance(values, dict) or "delimiter" in values:
            return values
        stated = delimiter_of(str(values.get("location", "")))
        return values if stated is None else {**values, "delimiter": stated}

    @model_validator(mode="after")
    def _readable(self) -> FilesSource:
        if self.delimiter in _NO_DELIMITER:
            raise ValueError("the delimiter can't be a quote, a line's end or a NUL")
        for text in self.null_values:
            if set(text) & {self.delimiter, *_NO_DELIMITER}:
                raise ValueError(f"a null value has a delimiter, a quote or a line's end: {text!r}")
        if self.thousands == self.decimal or (self.thousands or "").isalnum():
            raise ValueError("the thousands separator is the decimal sign, a letter or a digit")
        if self.format != "csv" and (self.decimal, self.thousands) != (".", None):
            raise ValueError("a decimal sign and a thousands separator are of CSV only")
        return self


class Pagination(BaseModel):
    """How a REST endpoint is paged."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    style: Literal["page", "offset", "cursor", "link"] = Field(
        description="`page` number, `offset`, `cursor` from the body, or the `Link` header."
    )
    parameter: str = Field("page", description="Query parameter that carries page or cursor.")
    size_parameter: str | None = Field(None, description="Query parameter of the page size.")
    size: int | None = Field(
        None, gt=0, description="Rows a page. A server that gives fewer is followed to its end."
    )
    cursor: str | None = Field(
        None,
        description="Dotted path of the next cursor in the body (`next` by default); with style "
        "`link`, of the next page's address. A number is a place in a list: `data.-1.id` is the "
        "id of the last row.",
    )
    more: str | None = Field(
        None, description="Dotted path of a boolean in the body: whether another page follows."
    )
    total: str | None = Field(
        None,
        description="Dotted path of the number of rows in all. A batch with another number of "
        "rows is held.",
    )
    total_header: str | None = Field(
        None, description="The same as a header of the answer, such as `X-Total-Count`."
    )
    pages: str | None = Field(None, description="Dotted path of the number of pages in all.")
    stop_after_empty_page: bool | None = Field(
        None,
        description="Whether a page without a row is the last. By default it is for `page` and "
        "`offset`, and not where a cursor or a link leads on.",
    )
    past_end: tuple[int, ...] = Field(
        (),
        description="Statuses by which the endpoint answers for a page behind the last one, such "
        "as 404. Without it such an answer holds the batch.",
    )


class RestSource(_WebSource):
    """A REST endpoint that answers JSON, page by page."""

    kind: Literal["rest"] = "rest"
    location: str = Field(description="URL; `{batch}`, `{batch_start}`, `{batch_end}` are filled.")
    params: dict[str, str] = Field(default_factory=dict)
    records: str | None = None
    pagination: Pagination | None = None
    max_bytes: int = Field(10_000_000_000, gt=0)
    max_pages: int = Field(10_000, gt=0)

    @model_validator(mode="after")
    def _stated_once(self) -> RestSource:
        query = self.location.partition("?")[2].partition("#")[0]
        for name in dict(parse_qsl(query, keep_blank_values=True)):
            if name in self.params:
                raise ValueError(f"the parameter {name!r} is in the location and in params")
        return self


class SqlSource(_Source):
    """A database, by one SELECT over the batch."""

    kind: Literal["sql"] = "sql"
    connection: str
    query: str


Source = Annotated[FilesSource | RestSource | SqlSource, Field(discriminator="kind")]
