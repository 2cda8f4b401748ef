"""Great Expectations' Data Docs of every validation; not in a run, since GX imports slowly."""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path
from typing import Final

from assay.errors import InputError
from assay.lake import publish
from assay.quality import render_data_docs
from assay.stages.run.workspace import BatchWorkspace
from assay.stages.services import Services

_SITE: Final = "data_docs"
_POLICY: Final = b"Content-Security-Policy"
_HEAD: Final = 500
_RESULTS: Final = (BatchWorkspace.validation_raw.file, BatchWorkspace.validation_clean.file)


def build_data_docs(services: Services) -> list[Path]:
    """Build the Data Docs of each version that has validation results and no site yet.

    Returns
    -------
    list of Path
        The ``index.html`` of each site that was built, below the version's reports.

    Raises
    ------
    InputError
        In the end, naming the results that could not be read; all others are built by then.
    """
    built: list[Path] = []
    broken: list[str] = []
    for folder in pending_data_docs(services):
        try:
            built.append(_build(folder))
        except Exception as error:  # one that can't be read must not stop the others
            broken.append(f"{services.relative(folder)} ({type(error).__name__})")
    if broken:
        raise InputError(
            "validation results that can't be read have no Data Docs",
            got=broken,
            do=f"The other {len(built)} are built. Delete the broken results' folders, and run "
            "their batches again.",
        )
    return built


def pending_data_docs(services: Services) -> list[Path]:
    """Report folders of versions whose Data Docs are still to be built."""
    zone = services.lake.path("reports")
    folders = {p.parent for name in _RESULTS for p in zone.glob(f"*/*/*/{name}")}
    return sorted(f for f in folders if not _current(f))


def _results(folder: Path) -> list[Path]:
    return [folder / name for name in _RESULTS if (folder / name).is_file()]


def _current(folder: Path) -> bool:
    """Whether the site holds a page of every result: the clean suite is judged after the raw.

    A site of pages that say nothing of what a browser must refuse is built again.
    """
    pages = [p for p in (folder / _SITE).glob("*.html") if p.name != "index.html"]
    safe = all(_POLICY in p.read_bytes()[:_HEAD] for p in pages)
    return safe and len(pages) == len(_results(folder))


def _build(folder: Path) -> Path:
    site = folder / _SITE
    aside = folder / f".{_SITE}.{uuid.uuid4().hex}"
    render_data_docs(_results(folder), aside)
    shutil.rmtree(site, ignore_errors=True)
    publish(aside, site)
    return site / "index.html"
