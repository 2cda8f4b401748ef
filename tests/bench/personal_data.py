"""Finding personal data in four columns, beside Presidio's recognisers on a sample of them.

E-mail addresses, telephone numbers, IBAN and payment cards, all different. Presidio takes about a
millisecond a value, so that it gets a sample; the rate of both is printed. With
ASSAY_ORACLE_DATA set, both also search FEBRL's invented people, which nobody here made.
"""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
from _environment import environment
from _measure import BenchError, measure, side
from _show import console, show
from _tables import CACHE

ROWS = 1_000_000
SAMPLE = 500
"""Rows that Presidio reads."""
_MADE = """
SELECT 'user' || i || '@mail' || (i % 97) || '.example.org' AS c0,
       '+44 20 ' || (1000 + i // 10000 % 9000) || ' ' || lpad((i % 10000)::VARCHAR, 4, '0') AS c1,
       'DE' || lpad((98 - (b::HUGEINT * 1000000 + 131400) % 97)::VARCHAR, 2, '0')
         || lpad(b::VARCHAR, 18, '0') AS c2,
       d || ((10 - s % 10) % 10)::VARCHAR AS c3
FROM (SELECT *, 100000000000000000 + i * 7919 AS b,
             list_sum(list_transform(range(1, 16), k -> CASE WHEN k % 2 = 0 THEN d[k]::INT
                ELSE d[k]::INT * 2 - 9 * (d[k]::INT > 4)::INT END)) AS s
      FROM (SELECT i, '4' || lpad((i * 7919 % 100000000000000)::VARCHAR, 14, '0') AS d
            FROM range({rows}) r(i)))
"""


def run(rows: int) -> None:
    """Both sides, and what each finds."""
    whole, sample = _made(rows), _made(min(rows, SAMPLE))
    ours = measure("Assay", side("personal_data_assay.py", whole), rows=4 * rows)
    if len(ours.result) != 4 or min(ours.result.values()) < 0.95:
        raise BenchError(f"Assay finds {ours.result}")
    python = environment("personal_data", "presidio_analyzer")
    theirs = measure(
        "Presidio, a sample", side("personal_data_presidio.py", sample, python=python),
        rows=4 * SAMPLE,
    )  # fmt: skip
    notes = [f"rows: values of four columns. Shares found: {ours.result}, and {theirs.result}"]
    show(f"Personal data in {rows:,} x 4 values", [ours, theirs], notes)
    if "ASSAY_ORACLE_DATA" in os.environ:
        _people(Path(os.environ["ASSAY_ORACLE_DATA"]) / "febrl/dataset1.csv", python)


def _people(path: Path, python: Path) -> None:
    """The columns of people whom nobody here made up."""
    data = CACHE / "febrl.parquet"
    duckdb.sql(
        f"COPY (SELECT * FROM read_csv('{path}', all_varchar=true, normalize_names=true) "
        f"LIMIT 300) TO '{data}' (FORMAT parquet)"
    )
    ours = measure("Assay", side("personal_data_assay.py", data)).result
    theirs = measure("Presidio", side("personal_data_presidio.py", data, python=python)).result
    found = {name: share for name, share in theirs.items() if share >= 0.05}
    console.print(f"FEBRL: Assay finds {ours}; Presidio, in at least 5 % of the values, {found}")


def _made(rows: int) -> Path:
    CACHE.mkdir(parents=True, exist_ok=True)
    path = CACHE / f"personal-{rows}.parquet"
    if not path.is_file():
        duckdb.sql(f"COPY ({_MADE.format(rows=rows)}) TO '{path}' (FORMAT parquet)")
    return path
