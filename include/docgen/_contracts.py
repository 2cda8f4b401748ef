"""The page of contracts: a shipped one as an example, and every custom property."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pydantic import BaseModel

from assay.contract import _odcs as odcs
from assay.project import Project
from docgen._contract_rules import COLUMNS, OPTIONS, QUALITY, REFERENCES
from docgen._markdown import GENERATED
from docgen._policies import Keys
from docgen._schemas import schema_of

_INTRO: Final = """\
A contract says what a data set is: its columns, keys, owner, batches, and their source. It is the
file `include/contracts/<dataset>.odcs.yaml`, in the [Open Data Contract
Standard](https://bitol-io.github.io/open-data-contract-standard/) v3. Assay's own keys are in
`customProperties`, which the standard has for this. `assay new NAME --from FILE` drafts a contract,
from a connection and a query (`--query`), or from a YAML file with one entry of `servers`, too.
`assay check` lists every fault with file and line. Editors can use
`include/schemas/contract.schema.json`.

A contract is also a suite. In every batch, types, `required`, `primaryKey`, `unique`, `enum`,
`logicalTypeOptions`, `quality` and `relationships` are judged before the data set's own suites. A
row that breaks one of them goes to quarantine. What a contract says and nothing judges is listed by
`assay check` as *not judged*, with its line and the reason, and again on the page of the raw rows.

One file has one table and one server. These keys of the standard describe the data and promise
nothing of a batch, so nothing reads them: `physicalType`, `businessName`, `tags`, `examples`,
`price`, `roles`, `authoritativeDefinitions`, `synonyms`, `criticalDataElement`, `encryptedName`,
`partitioned` and the `transform…` keys."""

_SOURCES: Final = """\
One entry in `servers`. `{batch}` is replaced by the batch's key. A relative path starts at
`ASSAY_HOME`; of the zones there it may name the inbox only. A batch is one regular file: a link, a
pipe, a device or (in the inbox) a file with a second name is refused, and so is a folder that is a
link below the inbox or behind the first placeholder of an absolute path. Address and credentials
come from the Airflow connection that the entry names.

```yaml
# A file in the inbox, or anywhere on disk
- {server: inbox, type: local, path: "inbox/loans/{batch}.csv", format: csv}

# An object store; the connection holds the credentials
- server: lake
  type: s3
  location: s3://raw/loans/{batch}.parquet
  format: parquet
  customProperties: [{property: connection, value: raw_bucket}]

# A file over HTTP
- server: web
  type: custom
  location: https://data.example.org/loans/{batch}.csv.gz
  format: csv

# A paged REST endpoint
- server: service
  type: api
  location: https://loans.example.org/v1/loans
  customProperties:
    - {property: connection, value: loans_service}
    - {property: params, value: {day: "{batch}"}}
    - {property: records, value: data.items}
    - {property: pagination, value: {style: cursor, parameter: after, cursor: data.next}}

# A database: one SELECT; the standard asks for its place, and the connection holds the address
- server: warehouse
  type: postgres
  host: warehouse.example.org
  port: 5432
  database: lending
  schema: public
  customProperties:
    - {property: connection, value: warehouse}
    - {property: query, value: "SELECT * FROM loans WHERE day = :batch"}
```

An HTTP source is asked at the host of its location. A redirect may lead to that host, to the same
name over https, and to the hosts that `hosts` names; never from https to http, never more than ten
times. A link to a next page leads to these hosts, too. Credentials go to the host of the location
only.

The connection's login and password sign in by Basic authentication. Its extra (JSON) may have:

| extra | means |
|---|---|
| `token` | a bearer token |
| `api_key` | a key, sent as the header `X-API-Key` |
| `api_key_header`, `api_key_parameter` | another header for it, or a parameter of the query |
| `headers` | headers of every request: `{"X-Tenant": "a"}` |
| `token_url` | OAuth 2 with client credentials: the address that gives tokens |
| `client_id`, `client_secret` | of OAuth; login and password by default |
| `scope`, `audience`, `resource` | of OAuth, sent with the request for a token |
| `client_auth` | of OAuth: `body` sends id and secret in the form instead of the header |

A batch of `api` ends with

- the first page that has no row, where pages are numbered (`page`, `offset`). A short page is no
  end, because a server may give fewer rows than it is asked for;
- the first page that names no next one, where a page names it (`cursor`, `link`), or one without a
  row that names itself;
- before that where the endpoint says so: by `more`, `total`, `total_header`, `pages`, `past_end`.

An answer without content (204) is a page without a row. `429` and `503` are waited for as long as
`Retry-After` says, within `maxSeconds`. Pages that repeat, that don't end within `maxPages`, or
that hold another number of rows than the endpoint says, hold the batch (`pages_incomplete`).

| the endpoint | its pagination |
|---|---|
| answers with a `Link` header, as GitHub does | `{style: link}` |
| names the next address in the body, as Django does | `{style: link, cursor: next, total: count}` |
| takes the last row's id, as Stripe does | `{style: cursor, parameter: starting_after, \
cursor: data.-1.id, more: has_more}` |
| answers 404 behind the last page | `{style: page, past_end: [404]}` |
| counts its pages from 0 | `{style: page}`, and `page: "0"` in `params` |

What is read at most:

- `maxBytes` of a batch, as it comes (all pages of `api` together), as it is decompressed and as it
  is decoded: text as UTF-8, Parquet by the lengths of its texts and eight bytes for each other
  value. Reading stops beyond it, and the batch is held with the reason `too_large`. Without it
  nothing is limited.
- 16 384 columns of a file, those that the contract doesn't know included (`too_large`).
- 2 000 000 characters of a CSV header or line, 16 MiB of a line of JSON (`malformed`).
- 100 levels of lists and mappings in a contract, suite or policy; 40 in a row condition or an
  expression. Beyond them the file has an error."""

_LEVELS: Final = """\
Entries of `slaProperties`. `latency` of a column of dates says how old its newest value may be when
the batch ends: `{property: latency, value: 2, unit: h, element: flights.time_hour}`. `latency` of
the whole table, without an element, says how long after its end a batch must be there: later it is
an incident ([operating.md](operating.md#days-without-a-delivery)). Days and weeks are those of the
calendar in the partition's time zone. Other service levels are listed as not judged."""

_TYPES: Final = """\
What lands is what was sent, exactly; or the value stays a text beside its row, and raw validation
quarantines the row (`unparsed:<column>`). Nothing is rounded, cut or guessed. White space at both
ends of a text doesn't count, except in a `string`.

- `string`: any text as it is; a number, a boolean or a nested value of JSON as it is written there.
- `integer`: whole numbers of 64 bits, `7.0` too. Not `1.5`, `1e3`, `1_000`, 9223372036854775808.
- `number`: what a double says to all the digits that were written: `0.1`, `1e23`, C's `%.17g` of
  any double. Not 12345678901234567890.12, 9007199254740993, `1e400`, `1,5`, or an infinity.
- `boolean`: `true` `false`, `t` `f`, `yes` `no`, `y` `n`, `on` `off`, `1` `0`, `1.0` `0.0`, in any
  case. Not `2`.
- `date`: `2013-02-04` in the years 1 to 9999, alone or with midnight, or what is wholly of
  `parseFormat`. Not `24-02-04`, `2013-02-04 10:00`, `on 2013-02-04`.
- `timestamp`: `2013-02-04 10:00:00.123456`, with `T`, `Z` or an offset (seconds too), or what is
  wholly of `parseFormat`. Not nanoseconds, `infinity`, the year 10000.

**Zones.** A `timestamp` is a moment, and is stored in UTC. A value with an offset
(`2024-03-10T09:00:00-05:00`) says its own. One without is read in `logicalTypeOptions:
{defaultTimezone: …}`, else in the time zone of the partition. A local time that exists twice or
never, because the clock is changed, isn't parsed (reason
[local_time_unclear](runbooks/local_time_unclear.md)), unless `repeatedHour` says which of the
two is meant. With `logicalTypeOptions: {timezone: false}` the column is what a clock on a wall
showed: it is stored as it is written, and a value with an offset isn't parsed. Rows are in
their batch, and a batch is fresh, by the partition's time zone: moments are compared with the
moments at which the batch begins and ends there, clocks on a wall and dates with its calendar.

What else there is to know:

- `NaN` in a Parquet file is a missing number; the measurement `nan_as_null` counts them. In a
  text it is no number.
- A `parseFormat` has a year. `%Y` is four digits, `%y` two; `%I` needs `%p`; a weekday that isn't
  the date's own makes the text none of the format.
- A zoned moment of Parquet is no `date`: which day it is depends on the zone.
- Columns of Parquet that are nested, binary or durations are refused (`schema_mismatch`), and so
  are texts that aren't of the file's encoding, or have a NUL in CSV, or half a character
  (`undecodable`).
- Lines of CSV may end in several ways. A line break within quotes is part of its value, as it is; a
  space between a delimiter and a quote isn't.
- A database is asked by one SELECT. PostgreSQL and DuckDB are asked read-only, and PostgreSQL reads
  one snapshot (REPEATABLE READ). Of any other database the rows are of one moment where it gives a
  statement one snapshot, as SQLite, MySQL's InnoDB, Oracle and Snowflake do, and SQL Server where
  READ_COMMITTED_SNAPSHOT is on. Elsewhere, let the query read what nobody changes any more:
  `assay check` names each source of a type that doesn't always give one.
- CSV is delimited text. Files that end in `.tsv` or `.tab` have tabs between the fields and those
  in `.psv` bars, unless `delimiter` says something else; all others have commas.
- Columns whose names differ by the case of ASCII letters only can't both land, and
  names that begin with two underscores are Assay's own: `assay check` refuses the contract."""


def render_contracts(project: Project) -> str:
    """The page ``include/docs/contracts.md``."""
    example = project.contract("airports").path
    lines = ["# Contracts", "", GENERATED, "", _INTRO, ""]
    lines += ["```yaml", *example.read_text(encoding="utf-8").splitlines(), "```"]
    for title, about, model in (
        ("The data set", "Custom properties of the whole contract.", odcs.DatasetCustom),
        ("A column", COLUMNS, odcs.ColumnCustom),
        ("What lands in a column", _TYPES, None),
        ("Options of a type", OPTIONS, None),
        ("Rules of quality", QUALITY, None),
        ("A reference", REFERENCES, odcs.RelationshipCustom),
        ("The source", _SOURCES, odcs.ServerCustom),
        ("How fresh a batch is", _LEVELS, odcs.ServiceLevelCustom),
    ):
        lines += ["", *_section(title, about, model)]
    return "\n".join(lines) + "\n"


def _section(title: str, about: str, model: type[BaseModel] | None) -> Iterator[str]:
    yield from (f"## {title}", "", about)
    if model is None:
        return
    yield ""
    yield from Keys(title.rsplit(maxsplit=1)[-1].lower(), schema_of(model)).lines()
