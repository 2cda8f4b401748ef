"""A file that is no batch yet: read as a run would land it, and compared with what is released."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any, Final

from ibis import Table

from assay.contract import Contract, FilesSource
from assay.delimiters import TEXT, delimiter_of, text_ending
from assay.document import is_file
from assay.engine import Session, data_columns
from assay.errors import InputError, did_you_mean
from assay.ingest import Landing, land
from assay.lake import Lake
from assay.stages.run._references import versions_table
from assay.stages.services import Services

_FORMATS: Final = {".parquet": "parquet", ".jsonl": "jsonl", **dict.fromkeys(TEXT, "csv")}


def arrive(session: Session, contract: Contract, data: Path | str) -> Landing:
    """Land a file in the session's own folder, whichever batch it is.

    Raises
    ------
    InputError
        If there is no such file, or neither its name nor the contract says of what format it is.
    """
    remote = "://" in str(data)
    if not remote and not is_file(Path(data)):
        raise InputError("no such file", where=str(data)[:200])
    # A person may name a link; what it leads to is then read as what it is.
    location = str(data) if remote else str(Path(data).resolve())
    contract = contract.model_copy(update={"source": _source(contract, location)})
    return land(session, contract, contract.partition.first, Lake(session.aside()))


def _source(contract: Contract, location: str) -> FilesSource:
    """How the contract reads its files, unless the file's own name says that it is of another."""
    endings = "".join(Path(location.partition("?")[0]).suffixes).lower()
    named = next((form for ending, form in _FORMATS.items() if ending in endings), None)
    own = contract.source
    if isinstance(own, FilesSource) and named in {None, own.format}:
        stated = text_ending(location) != text_ending(own.location) and delimiter_of(location)
        delimiter = {"delimiter": stated} if stated else {}
        return own.model_copy(update={"location": location, **delimiter})
    if named is None:
        what = "is of no format that is known"
        raise InputError(what, where=location, expected=", ".join(_FORMATS))
    limit = own.max_bytes
    return FilesSource.model_validate({"location": location, "format": named, "max_bytes": limit})


def batch_of(data: Path | str, contract: Contract) -> str | None:
    """The batch that a file is named after: the one key of the contract's grain in its name."""
    named = contract.partition.keys_in(Path(str(data).partition("?")[0]).name)
    return named[0] if len(named) == 1 else None


def columns_to_redact(table: Table, names: Collection[str]) -> set[str]:
    """The columns to redact; one that the table doesn't have is refused."""
    there = data_columns(table)
    for name in (n for n in names if n not in there):
        do = did_you_mean(name, there) or None
        raise InputError("no such column to redact", got=name, do=do)
    return set(names)


def released_tables(
    services: Services, session: Session, datasets: Iterable[str]
) -> dict[str, Any]:
    """The released rows of data sets, by name; one without a release is left out."""
    found = {}
    for dataset in sorted(datasets):
        if services.registry.pointer(dataset) is not None:
            batches = services.registry.snapshot(dataset).batches
            found[dataset] = versions_table(services, session, dataset, batches, "data")
    return found
