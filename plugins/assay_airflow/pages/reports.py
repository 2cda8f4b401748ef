"""Reports in the browser: the files of the reports zone, and nothing else of the home."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from fastapi import FastAPI, HTTPException
from fastapi.responses import FileResponse, HTMLResponse
from markupsafe import Markup

from assay.lake import Lake
from assay.page import Lead, Section, link, render_page, table, text
from assay.project import Project
from assay.stages.run.workspace import BatchWorkspace
from assay_airflow.pages._headers import headers
from assay_airflow.pages._login import User, may_read, to_login

_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".parquet": "application/vnd.apache.parquet",
}
_PART: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]*")
_MOST: Final = 60


def build() -> FastAPI:
    """The app: an index of runs, and the files of their reports."""
    app = FastAPI(title="Assay reports", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_exception_handler(HTTPException, to_login)
    app.get("/")(index)
    app.get("/{dataset}/{path:path}")(report)
    return app


def index(user: User) -> HTMLResponse:
    """The runs of each data set that the reader may see, the newest batch first."""
    sections = [
        Section(folder.name, [_batches(folder)])
        for folder in _folders(_zone())
        if may_read(user, folder.name)
    ]
    lead = Lead(None, "The newest report of each batch. It links to the report of every gate.")
    if not sections:
        sections = [Section("Nothing yet", [text("There is no report that you may read.")])]
    return HTMLResponse(render_page("Assay: reports", lead, sections), headers=headers())


def report(dataset: str, path: str, user: User) -> FileResponse:
    """One file of a report."""
    if not may_read(user, dataset):
        raise HTTPException(403, "You may not read this data set's runs.")
    found = find_report(_zone(), f"{dataset}/{path}")
    if found is None:
        raise HTTPException(404, "There is no such report; it may have expired.")
    return FileResponse(found, media_type=_TYPES[found.suffix], headers=headers())


def find_report(zone: Path, path: str) -> Path | None:
    """A file below the zone; None for what isn't there, has another ending, or leads out of it.

    Every part has to be a plain name, and the file's real place has to be in the zone, so that
    neither dots nor links lead anywhere else.
    """
    parts = path.split("/")
    if not all(_PART.fullmatch(part) for part in parts):
        return None
    found = zone.joinpath(*parts)
    if found.suffix not in _TYPES or not found.is_file():
        return None
    real = found.resolve()
    return real if real.is_relative_to(zone.resolve()) else None


def _zone() -> Path:
    lake: Lake = Project.from_environment(os.environ).lake
    return lake.path("reports")


def _folders(folder: Path, *, newest_first: bool = False) -> Iterator[Path]:
    """The folders in a folder by their names; none is looked at before it is wanted."""
    if not folder.is_dir():
        return
    with os.scandir(folder) as entries:  # names alone: there are as many as batches
        names = [entry.name for entry in entries]
    for name in sorted(names, reverse=newest_first):
        if _PART.fullmatch(name) and (path := folder / name).is_dir():
            yield path


def _batches(folder: Path) -> Markup:
    rows = []
    for batch in _folders(folder, newest_first=True):
        newest = next(_newest(batch), None)
        if newest is not None:
            place = f"{folder.name}/{batch.name}/{newest.parent.name}/{newest.name}"
            rows.append((link(place, batch.name), newest.parent.name[:12]))
        if len(rows) == _MOST:
            break
    return table(["batch", "version"], rows) or text("No run has ended yet.")


def _newest(batch: Path) -> Iterator[Path]:
    pages = [p for p in batch.glob(f"*/{BatchWorkspace.overview.file}") if p.is_file()]
    yield from sorted(pages, key=lambda p: p.stat().st_mtime, reverse=True)
