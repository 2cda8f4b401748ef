"""The texts of the page of contracts about columns and what is judged of them."""
# ruff: noqa: E501 - a row of a table is a line of Markdown

from __future__ import annotations

from typing import Final

COLUMNS: Final = """\
```yaml
properties:
  - {name: account, logicalType: string, primaryKey: true, primaryKeyPosition: 1}
  - {name: opened, logicalType: date, primaryKey: true, primaryKeyPosition: 2}
  - name: branch
    logicalType: string
    required: true
    unique: false
    description: Where the account was opened.
    enum:
      - {value: "012", label: Harbour}
      - {value: "013", label: Market, description: Closed since 2021.}
  - name: holder
    logicalType: string
    classification: identifier
    customProperties:
      - {property: identityDomain, value: customer}
      - {property: canonical, value: {case: upper}}
```

`logicalType` is `string`, `integer`, `number`, `boolean`, `date` or `timestamp`; nested types are
refused. `required`: no value is missing. `unique: true`: no value occurs twice; every row of a
repeated value goes to quarantine, and missing values don't count. `primaryKey`: no value is
missing, and the columns of the key together occur once; `primaryKeyPosition` is a column's place in
the key, without it the order of the file. `enum` is a closed list. A level that isn't text, such as 012 or
no, must stand in quotes where the column is a string. Its `label`, or else its `description`, is
shown beside it in reports.

`classification` is `identifier`, `quasi_identifier` or `sensitive`, and each classified column
needs a treatment in the data set's [privacy policy](policies.md#privacy); `public` is no classification.
A custom property that is none of these is listed as not judged, unless its name is nearly one of
them: then it is a fault."""

OPTIONS: Final = """\
```yaml
- {name: code, logicalType: string, logicalTypeOptions: {pattern: "^[A-Z]{3}$", maxLength: 3}}
- {name: mail, logicalType: string, logicalTypeOptions: {format: email}}
- {name: amount, logicalType: number, logicalTypeOptions: {minimum: 0, multipleOf: 0.01}}
- {name: age, logicalType: integer, logicalTypeOptions: {exclusiveMaximum: 130, format: u8}}
- {name: paid, logicalType: date, logicalTypeOptions: {minimum: "2020-01-01", format: dd.MM.yyyy}}
```

Rows that break one go to quarantine. The reason names it.

| option | of | reason | meaning |
|---|---|---|---|
| `minimum`, `maximum`, `exclusiveMinimum`, `exclusiveMaximum` | numbers, dates, timestamps | `range:<column>` | A moment without a zone is read as the column's own values are. |
| `multipleOf` | numbers | `multiple:<column>` | As both are written in decimals: 0.3 is a multiple of 0.1. |
| `minLength`, `maxLength` | strings | `length:<column>` | In characters (code points). |
| `pattern` | strings | `pattern:<column>` | Found anywhere in the value, as Python's `re` reads it; begin it with `^` and end it with `$` for the whole value. |
| `format` | strings | `format:<column>` | `email`, `uuid`, `uri`, `hostname`, `ipv4`, `ipv6`; any other is not judged. |
| `format` | numbers | `format:<column>` | The range of the width: `i8` to `u128`, `f32`. |
| `format` | dates, timestamps | `unparsed:<column>` | How a value is written, in Java's terms, where `parseFormat` doesn't say it. |"""

QUALITY: Final = """\
`quality` of a column, and of the table.

```yaml
- name: loans
  properties:
    - name: status
      logicalType: string
      quality:
        - {metric: nullValues, mustBe: 0}
        - {metric: missingValues, arguments: {missingValues: [null, "", N/A]}, mustBe: 0}
        - {metric: invalidValues, arguments: {validValues: [open, closed]}, mustBeLessThan: 1, unit: percent}
        - {metric: duplicateValues, mustBeLessOrEqualTo: 5, severity: warning}
  quality:
    - {metric: rowCount, mustBeBetween: [100, 5000], dimension: completeness}
    - {metric: duplicateValues, arguments: {properties: [account, opened]}, mustBe: 0}
    - type: sql
      query: SELECT count(*) FROM {object} WHERE paid < opened
      mustBe: 0
    - type: custom
      engine: greatExpectations
      implementation:
        type: expect_column_values_to_be_increasing
        kwargs: {column: number}
```

| metric | of | counts | reason |
|---|---|---|---|
| `nullValues` | a column | missing values; a text that isn't of the column's type isn't missing but unparsed | `null_values:<column>` |
| `missingValues` | a column | the values of `missingValues` (`null` and the empty text without it) | `missing_values:<column>` |
| `invalidValues` | a column | values that aren't in `validValues`, or in which `pattern` isn't found; missing ones aren't invalid | `invalid_values:<column>` |
| `duplicateValues` | a column, or the `properties` of the table | every row of a repeated value; rows with a missing value are left out | `duplicate_values:<column>` |
| `rowCount` | the table | rows | `row_count` |

`unit` is `rows` or `percent`; a percentage is of the rows that were judged, as Great Expectations
has it. `mustBeBetween` includes both bounds, `mustNotBeBetween` excludes them from what is right. If more rows than allowed are counted, they go to quarantine, each with the reason. Where a
rule asks for a least number (`mustBeGreaterThan`, `mustBe: 3`), or for another one (`mustNotBe`), no
row is at fault and the batch is.

A `sql` rule is one SELECT over the batch that gives one number or truth value, written for the
server's database and translated to DuckDB's SQL. `{object}` or the name of the table is the batch,
`{property}` the column. It reads nothing else, under the [rules of SQL
expectations](expectations.md). A `custom` rule is judged if its engine is `greatExpectations`. Rules
in words (`text`), of other engines, and the `schedule` of a rule are not judged.

`severity` is `critical` (also `error`, `high`), `warning` or `info`; without it `critical`. The
standard's dimensions `accuracy` and `conformity` count as validity in the scores, `coverage` as
completeness."""

REFERENCES: Final = """\
`relationships: [{to: airports.faa}]` on a column: each value must occur in the released rows of
another data set. A composite one stands on the table, and leads from as many columns as to:
`relationships: [{from: [loans.branch, loans.teller], to: [tellers.branch, tellers.number]}]`. A row
in which one of the values is missing refers to nothing."""
