"""All of Assay's pages as one app, so that each has one address, with or without a slash."""

from __future__ import annotations

from importlib import import_module
from typing import Final

from fastapi import FastAPI, HTTPException
from fastapi.responses import HTMLResponse

from assay.page import Lead, Section, link, render_page, table
from assay_airflow.pages._headers import headers
from assay_airflow.pages._login import User, to_login

PAGES: Final = {
    "reports": "What the gates found in each batch.",
    "incidents": "What fails and isn't resolved, and a form to answer it.",
    "docs": "Runbooks, and how Assay is used and operated.",
}
"""The modules of this package that build an app, by the name in its address: what each shows."""


def build() -> FastAPI:
    """The app: those of :data:`PAGES`, each at its name, and a page that leads to them."""
    app = FastAPI(title="Assay", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_exception_handler(HTTPException, to_login)
    app.get("/")(index)
    for name in PAGES:
        app.mount(f"/{name}", import_module(f"assay_airflow.pages.{name}").build(), name=name)
    return app


def index(user: User) -> HTMLResponse:  # noqa: ARG001 - every user may read it
    """The pages that there are."""
    rows = [(link(f"{name}/", name.capitalize()), shows) for name, shows in PAGES.items()]
    page = render_page("Assay", Lead(None, ""), [Section("Pages", [table(["page", ""], rows)])])
    return HTMLResponse(page, headers=headers())
