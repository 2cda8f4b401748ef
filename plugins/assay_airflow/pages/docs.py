"""The documentation in the browser: the runbooks, and the pages that they lead to."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final
from urllib.parse import urldefrag

from fastapi import FastAPI, HTTPException
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from assay.page import Lead, Section, link, render_page, table
from assay.page.markdown import DOCS, render_markdown, title_of
from assay.reasons import ReasonCode
from assay_airflow.pages._headers import headers
from assay_airflow.pages._login import User, to_login

_PART: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]*")
_WEB: Final = ("https://", "http://")
_BACK: Final = Markup('<p class="back"><a href="{}">← All pages</a></p>')


def build() -> FastAPI:
    """The app: an index, and each page of the documentation."""
    app = FastAPI(title="Assay docs", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_exception_handler(HTTPException, to_login)
    app.get("/")(index)
    app.get("/{path:path}")(page)
    return app


def index(user: User) -> HTMLResponse:  # noqa: ARG001 - every user may read them
    """The runbook of each reason code, and the pages."""
    runbooks = [
        (link(f"runbooks/{c.value}.md", c.value), ", ".join(c.rooms), c.outcome.value, c.meaning)
        for c in ReasonCode
    ]
    pages = [(link(p.name, title_of(p.read_text("utf-8"))),) for p in sorted(DOCS.glob("*.md"))]
    sections = [
        Section("Runbooks", [table(["reason", "given by", "usually", "means"], runbooks)]),
        Section("Pages", [table(["page"], pages)]),
    ]
    return _answer(render_page("Assay: documentation", Lead(None, ""), sections))


def page(path: str, user: User) -> HTMLResponse:  # noqa: ARG001
    """One page; what isn't a page of the documentation isn't there."""
    found = find_page(path)
    if found is None:
        raise HTTPException(404, "There is no such page.")
    text = found.read_text("utf-8")

    def address(target: str) -> str | None:
        return _address(found.parent, target)

    body = Markup('<div class="text">{}</div>').format(render_markdown(text, address))
    back = _BACK.format("../" * path.count("/") or "./")
    return _answer(render_page(title_of(text), Lead(None, ""), [Section("", [back, body])]))


def find_page(path: str) -> Path | None:
    """The file of a page; None for what isn't there or isn't below the folder of the pages."""
    parts = path.split("/")
    if not path.endswith(".md") or not all(_PART.fullmatch(part) for part in parts):
        return None
    found = DOCS.joinpath(*parts)
    inside = found.is_file() and found.resolve().is_relative_to(DOCS.resolve())
    return found if inside else None


def _address(folder: Path, target: str) -> str | None:
    """The address of a link's target; None for a file that no page shows."""
    if target.startswith((*_WEB, "#")):
        return target
    file = (folder / urldefrag(target).url).resolve()
    known = file.suffix == ".md" and file.is_file() and file.is_relative_to(DOCS.resolve())
    return target if known else None


def _answer(page: str) -> HTMLResponse:
    return HTMLResponse(page, headers=headers())
