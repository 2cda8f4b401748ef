"""The page of contracts: a shipped one as an example, and every custom property."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pydantic import BaseModel

from assay.contract import _odcs as odcs
from assay.project import Project
from docgen._markdown import GENERATED
from docgen._policies import Keys
from docgen._schemas import schema_of

_INTRO: Final = """\
A contract says what a data set is: its columns, keys, owner, batches, and their source. It is the
file `include/contracts/<dataset>.odcs.yaml`, in the [Open Data Contract
Standard](https://bitol-io.github.io/open-data-contract-standard/) v3. Assay's own keys are in
`customProperties`, which the standard has for this. `assay new NAME --from FILE` drafts a contract.
`assay check` lists every fault with file and line. Editors can use
`include/schemas/contract.schema.json`.

A contract is also a suite. In every batch, types, `required`, `primaryKey`, `unique`, `enum` and
`relationships` are judged before the data set's own suites. A row that breaks one of them goes to
quarantine."""

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

# A database: one SELECT
- server: warehouse
  type: postgres
  customProperties:
    - {property: connection, value: warehouse}
    - {property: query, value: "SELECT * FROM loans WHERE day = :batch"}
```

An HTTP source is asked at the host of its location. A redirect may lead to that host, to the same
name over https, and to the hosts that `hosts` names; never from https to http, never more than ten
times. Pages of `api` stay on the host of the location.

What is read at most:

- `maxBytes` of a batch, as it comes (all pages of `api` together), as it is decompressed and as it
  is decoded: text as UTF-8, Parquet by the lengths of its texts and eight bytes for each other
  value. Beyond it there is an error, or the reason `too_large`. Without it nothing is limited.
- 16 384 columns of a file, those that the contract doesn't know included (`too_large`).
- 2 000 000 characters of a CSV header or line, 16 MiB of a line of JSON (`malformed`).
- 100 levels of lists and mappings in a contract, suite or policy; 40 in a row condition or an
  expression. Beyond them the file has an error."""

_LEVELS: Final = """\
Entries of `slaProperties`. `latency` of a column of dates says how old its newest value may be when
the batch ends: `{property: latency, value: 2, unit: h, element: flights.time_hour}`. Other service
levels are accepted and not judged."""

_COLUMNS: Final = """\
Beside the standard's `name`, `logicalType` (`string`, `integer`, `number`, `boolean`, `date`,
`timestamp`), `primaryKey`, `required`, `unique`, `description` and `enum` (a closed list:
`[{value: A}, {value: B}]`): `classification` is `identifier`, `quasi_identifier` or `sensitive`,
and each classified column needs a treatment in the data set's [privacy
policy](policies.md#privacy)."""

_REFERENCES: Final = """\
`relationships: [{to: airports.faa}]` on a column: each value must occur in the released rows of
another data set."""


def render_contracts(project: Project) -> str:
    """The page ``include/docs/contracts.md``."""
    example = project.contract("airports").path
    lines = ["# Contracts", "", GENERATED, "", _INTRO, ""]
    lines += ["```yaml", *example.read_text(encoding="utf-8").splitlines(), "```"]
    for title, about, model in (
        ("The data set", "Custom properties of the whole contract.", odcs.DatasetCustom),
        ("A column", _COLUMNS, odcs.ColumnCustom),
        ("A reference", _REFERENCES, odcs.RelationshipCustom),
        ("The source", _SOURCES, odcs.ServerCustom),
        ("How fresh a batch is", _LEVELS, odcs.ServiceLevelCustom),
    ):
        lines += ["", *_section(title, about, model)]
    return "\n".join(lines) + "\n"


def _section(title: str, about: str, model: type[BaseModel]) -> Iterator[str]:
    yield from (f"## {title}", "", about, "")
    yield from Keys(title.rsplit(maxsplit=1)[-1].lower(), schema_of(model)).lines()
