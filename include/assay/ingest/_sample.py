"""A bounded sample of a source that is no file, as CSV."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

from assay.contract import Column, Contract, RestSource, SqlSource
from assay.errors import InputError
from assay.ingest._model import UnusableError
from assay.ingest.sources._database import open_query
from assay.ingest.sources._json_page import JsonPage
from assay.ingest.sources._patience import Retry
from assay.verdict import Outcome

_Row = Mapping[str, Any]


def write_sample(
    contract: Contract,
    batch: str,
    folder: Path,
    credentials: Mapping[str, str],
    *,
    most: int,
    retry: Retry | None = None,
) -> tuple[Path, tuple[str, ...]]:
    """Write the first rows of a batch to a CSV file; a nested value is no column of a contract.

    Parameters
    ----------
    contract : Contract
        Its source is read, a REST endpoint or a database; its columns are not.
    folder : Path
        Where the file is made, and an endpoint's pages; private, and removed by the caller.
    most : int
        Rows at most.

    Returns
    -------
    tuple
        The file, and the names of columns that were left out because they hold nested values.

    Raises
    ------
    InputError
        If the source has no row for the batch, or refuses to be read.
    """
    source = contract.source
    if isinstance(source, SqlSource):
        found = _from_query(contract, batch, credentials)
    elif isinstance(source, RestSource):
        found = _from_pages(contract, source, batch, folder, credentials, most, retry or Retry())
    else:
        raise InputError("a sample of files is read as it is", do="Name the file itself.")
    rows = list(islice(found, most))
    if not rows:
        raise InputError("the source has no row for this batch", got=batch,
                         do="Name a batch that it has.")  # fmt: skip
    names = list(dict.fromkeys(name for row in rows for name in row))
    nested = tuple(n for n in names if any(isinstance(r.get(n), dict | list) for r in rows))
    path = folder / f"{batch}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [n for n in names if n not in nested], extrasaction="ignore")
        writer.writeheader()
        writer.writerows({n: _text(v) for n, v in row.items()} for row in rows)
    return path, nested


def _from_query(contract: Contract, batch: str, credentials: Mapping[str, str]) -> Iterator[_Row]:
    with closing(open_query(contract, batch, credentials)) as stream:
        names: tuple[str, ...] = next(stream)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError("the query gives a column twice", where="source.query", got=twice)
    columns = tuple(Column(name=name, type="string") for name in names)
    whole = contract.model_copy(update={"columns": columns})
    with closing(open_query(whole, batch, credentials)) as stream:
        next(stream)
        for rows in stream:
            yield from rows.to_pylist()


def _from_pages(
    contract: Contract, source: RestSource, batch: str, folder: Path,
    credentials: Mapping[str, str], most: int, retry: Retry,
) -> Iterator[_Row]:  # fmt: skip
    from assay.ingest.sources._rest import fetch_pages

    start, end = (moment.isoformat() for moment in contract.partition.bounds(batch))
    filled = {"batch": batch, "batch_start": start, "batch_end": end}
    try:
        files, faults = fetch_pages(source, filled, folder, credentials, retry, most_rows=most)
        if failing := [fault for fault in faults if fault.outcome is Outcome.FAIL]:
            raise UnusableError(*failing)
        for file in files:
            for row in JsonPage.read(folder / file.name, source.records).rows:
                found = json.loads(bytes(row), parse_float=str)
                if not isinstance(found, dict):
                    raise InputError("a row of the answer isn't a JSON object", got=batch)
                yield found
    except UnusableError as unusable:
        fault = unusable.faults[0]
        raise InputError(f"{fault.code}: {fault.message}", got=batch) from None


def _text(value: Any) -> str:
    if value is None:
        return ""
    return json.dumps(value) if isinstance(value, bool) else str(value)
