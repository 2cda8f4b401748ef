"""Landing a batch: fetch, keep, read, publish."""

from __future__ import annotations

import errno
import json
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from assay.contract import Contract, FilesSource, RestSource
from assay.engine import FileDigest, Session
from assay.ingest._model import (
    MANIFEST,
    ORIGINAL,
    ROWS,
    TRANSFORM,
    Fault,
    Landing,
    Manifest,
    OriginalFile,
    RowsFile,
    UnusableError,
)
from assay.ingest._original import input_sha256, keep
from assay.ingest.readers._landed_rows import write_rows
from assay.ingest.readers._records import check_names
from assay.ingest.sources._database import fetch_query
from assay.ingest.sources._files import fetch_file
from assay.ingest.sources._json_page import write_records
from assay.ingest.sources._patience import Retry
from assay.ingest.sources._urls import fill_url
from assay.keys import RecordSeal
from assay.lake import Lake, digest, private_folder, publish
from assay.verdict import Outcome


def land(
    session: Session,
    contract: Contract,
    batch: str,
    lake: Lake,
    seal: RecordSeal | None = None,
    *,
    credentials: Mapping[str, str] | None = None,
    retry: Retry | None = None,
) -> Landing:
    """Bring one batch in: keep the original, and make its rows.

    Read ``faults`` of the result, or have :func:`judge_landing` read them. Whatever is wrong with
    the input, its bytes are kept; landing the same input again under the same contract writes
    nothing.

    Parameters
    ----------
    contract : Contract
        What the data set is and where its batches come from.
    batch : str
        Canonical partition key.
    lake : Lake
        Where to land; a relative location of the source starts at its home.
    seal : RecordSeal, optional
        The seal of the manifest. With it, rows of an earlier landing are believed only where their
        manifest carries it; otherwise they are made again from the input.
    credentials : mapping, optional
        Of the source's connection. ``url``: a database's address. ``token``, or ``username`` and
        ``password``: HTTP; the same, ``endpoint_url`` and ``region``: S3.
    retry : Retry, optional
        Patience with HTTP sources.

    Returns
    -------
    Landing

    Raises
    ------
    InputError
        If the key is no batch of the contract, or the source can't be asked as it is described.
    OSError
        If the source doesn't answer now; it may the next time.

    Notes
    -----
    Everything is written aside and renamed, the whole folder at once where it is new. Where the
    same input landed under another contract, its rows are replaced, the manifest last.
    """
    batch = contract.partition.parse(batch)
    place = lake.make("landing", contract.dataset, batch, ROWS).parent
    with _aside(place) as aside, private_folder(lake.make("spill")) as spare:
        original = aside / ORIGINAL
        original.mkdir(mode=0o700)
        fetched = _fetch(contract, batch, original, lake, credentials or {}, retry or Retry())
        if not fetched.files:
            return Landing(dataset=contract.dataset, batch=batch, folder=None, manifest=None,
                           faults=fetched.faults)  # fmt: skip
        folder = place / input_sha256(fetched.files)
        manifest = _landed_before(folder, contract, batch, seal)
        reused = manifest is not None
        if manifest is None:
            manifest = _sealed(_read(session, contract, batch, fetched, aside, spare), seal)
            _keep_manifest(manifest, aside)
            _publish(aside, folder, manifest)
        return Landing(dataset=contract.dataset, batch=batch, folder=folder, manifest=manifest,
                       faults=manifest.faults, reused=reused)  # fmt: skip


@dataclass(frozen=True)
class _Fetched:
    """What the source gave: files, the columns that a query gave, and what went wrong."""

    files: tuple[OriginalFile, ...]
    names: tuple[str, ...] | None = None
    faults: tuple[Fault, ...] = ()


def _fetch(
    contract: Contract,
    batch: str,
    folder: Path,
    lake: Lake,
    credentials: Mapping[str, str],
    retry: Retry,
) -> _Fetched:
    source = contract.source
    start, end = (moment.isoformat() for moment in contract.partition.bounds(batch))
    filled = {"batch": batch, "batch_start": start, "batch_end": end}
    try:
        if isinstance(source, FilesSource):
            location = fill_url(source.location, filled)
            return _Fetched(fetch_file(source, location, folder, lake.home, credentials, retry))
        if isinstance(source, RestSource):
            # The library of HTTP takes long to import.
            from assay.ingest.sources._rest import fetch_pages

            files, faults = fetch_pages(source, filled, folder, credentials, retry)
            return _Fetched(files, faults=faults)
        files, names = fetch_query(contract, source, batch, folder, credentials)
        return _Fetched(files, names)
    except UnusableError as unusable:
        return _Fetched((), faults=unusable.faults)


def _read(
    session: Session, contract: Contract, batch: str, fetched: _Fetched, aside: Path, spare: Path
) -> Manifest:
    """Write the rows beside the original; their manifest."""
    rows: FileDigest | None = None
    faults, nans = fetched.faults, {}
    try:
        if not any(fault.outcome is Outcome.FAIL for fault in faults):
            # A query's own columns are judged here: its rows hold only what the contract knows.
            faults += check_names(contract, fetched.names) if fetched.names else ()
            path, source = _readable(contract, fetched, aside / ORIGINAL, spare)
            rows, raw = write_rows(session, contract, source, path, spare / "plain", aside / ROWS)
            faults, nans = faults + raw.faults, raw.nan_as_null
    except UnusableError as unusable:
        faults += unusable.faults
    unparsed_rows, unparsed = _unparsed(session, rows) if rows else (0, {})
    return Manifest(
        dataset=contract.dataset,
        batch=batch,
        input_sha256=input_sha256(fetched.files),
        contract=contract.hash,
        source=contract.source.model_dump(mode="json", exclude={"connection"}),
        files=fetched.files,
        rows=RowsFile(rows=rows.rows, bytes=rows.bytes, sha256=rows.sha256) if rows else None,
        unparsed_rows=unparsed_rows,
        unparsed=unparsed,
        nan_as_null=nans,
        faults=faults,
    )


def _sealed(manifest: Manifest, seal: RecordSeal | None) -> Manifest:
    """The manifest with its seal; without a key, with none."""
    if seal is None:
        return manifest
    content = manifest.model_dump(mode="json", exclude={"seal"})
    return manifest.model_copy(update={"seal": seal.of(["landing"], content)})


def _keep_manifest(manifest: Manifest, aside: Path) -> None:
    text = json.dumps(manifest.model_dump(mode="json"), indent=1, sort_keys=True) + "\n"
    keep([text.encode()], aside / MANIFEST)


def _readable(
    contract: Contract, fetched: _Fetched, original: Path, spare: Path
) -> tuple[Path, FilesSource]:
    """The one file to read, and how: pages become JSON lines in the spill folder."""
    source = contract.source
    if isinstance(source, FilesSource):
        return original / fetched.files[0].name, source
    lines = FilesSource.model_validate({"location": "", "format": "jsonl"})
    if isinstance(source, RestSource):
        pages = [original / file.name for file in fetched.files]
        path = spare / "records.jsonl"
        write_records(pages, source, path)
        return path, lines
    return original / fetched.files[0].name, lines


def _unparsed(session: Session, rows: FileDigest) -> tuple[int, dict[str, int]]:
    """Number of rows with text that didn't parse, and of such texts by column."""
    unparsed = session.read_parquet(rows.path)["__unparsed"]
    names = unparsed.unnest().name("name").as_table()
    counts = names.group_by("name").agg(n=names.count()).order_by("name")
    total = session.value(unparsed.count())
    return int(total), {r["name"]: int(r["n"]) for r in session.rows(counts)}


def _landed_before(
    folder: Path, contract: Contract, batch: str, seal: RecordSeal | None
) -> Manifest | None:
    """The record of the same input under the same contract, if it landed wholly."""
    found = read_manifest(folder)
    if found is None or (found.contract, found.transform) != (contract.hash, TRANSFORM):
        return None
    about = (found.dataset, found.batch, found.input_sha256)
    whole = about == (contract.dataset, batch, folder.name) and found == _sealed(found, seal)
    return found if whole and _rows_are(folder, found) else None


def read_manifest(folder: Path) -> Manifest | None:
    """The record of a landed folder; None where there is none, or it can't be read."""
    try:
        return Manifest.model_validate_json((folder / MANIFEST).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def _rows_are(folder: Path, manifest: Manifest) -> bool:
    rows = folder / ROWS
    if manifest.rows is None:
        return True
    return rows.is_file() and digest(rows) == manifest.rows.sha256


def _publish(aside: Path, folder: Path, manifest: Manifest) -> None:
    try:
        publish(aside, folder)
    except OSError as exc:
        if exc.errno not in {errno.ENOTEMPTY, errno.EEXIST}:
            raise
    else:
        return
    if read_manifest(folder) == manifest and _rows_are(folder, manifest):
        return  # Another run landed the same meanwhile.
    # This input landed under another contract, or its rows were lost. Its original is the same;
    # without its manifest the folder isn't a landed batch until the new one is there.
    (folder / MANIFEST).unlink(missing_ok=True)
    rows = aside / ROWS
    if rows.is_file():
        publish(rows, folder / ROWS)
    else:
        (folder / ROWS).unlink(missing_ok=True)
    publish(aside / MANIFEST, folder / MANIFEST)


@contextmanager
def _aside(place: Path) -> Iterator[Path]:
    """A private folder beside what will be published, gone in the end."""
    folder = place / f".incoming-{secrets.token_hex(8)}"
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
