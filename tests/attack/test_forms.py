"""A form counts only with the token of the page that showed it, to the user who was shown it."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi.testclient import TestClient

from assay.catalog import Catalog
from assay.verdict import Outcome, Reason

AT = datetime(2013, 2, 4, tzinfo=UTC)
FORM = {"action": "dismiss", "reason": "Nothing to see."}


@pytest.fixture
def catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Catalog:
    """Two open incidents."""
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path))
    (tmp_path / "catalog").mkdir()
    catalog = Catalog(f"sqlite:///{tmp_path / 'catalog' / 'catalog.db'}")
    catalog.migrate()
    reason = Reason(code="drift_detected", outcome=Outcome.FAIL, message="psi is high")
    for check in ("drift/drift", "quality/validate_raw"):
        catalog.incidents.open_or_update("flights", check, "2013-02-04", reasons=[reason], at=AT)
    return catalog


@pytest.fixture
def as_user(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The app as one user sees it."""
    from airflow.api_fastapi.core_api.security import get_user

    from assay_airflow.pages import incidents

    def may(*_: Any) -> bool:
        return True

    monkeypatch.setattr(incidents, "may_read", may)
    monkeypatch.setattr(incidents, "may_answer", may)

    def client(name: str) -> TestClient:
        app = incidents.build()
        user = SimpleNamespace(get_id=lambda: f"id of {name}", get_name=lambda: name)
        app.dependency_overrides[get_user] = lambda: user
        return TestClient(app, follow_redirects=False)

    return client


def _token(client: TestClient, number: int = 1) -> str:
    (found,) = re.findall(r'name="token" value="([^"]+)"', client.get(f"/{number}").text)
    return str(found)


def test_a_form_of_another_page_changes_nothing(as_user: Any, catalog: Catalog) -> None:
    ann, eve = as_user("ann"), as_user("eve")
    token = _token(ann)
    end, _, signed = token.partition(".")
    forged = {
        "none": None,
        "empty": "",
        "of another user": _token(eve),
        "of another incident": _token(ann, 2),
        "with another end": f"{int(end) + 3600}.{signed}",
        "cut off": token[:-1],
        "in another spelling": token.upper(),
        "not of a number": f"x.{signed}",
        "not of ASCII": "١." + signed,
        "of a huge number": "9" * 5000 + "." + signed,
    }
    for why, wrong in forged.items():
        form = FORM if wrong is None else {**FORM, "token": wrong}
        assert ann.post("/1", data=form).status_code == 403, why
    assert catalog.responses.find() == []
    assert ann.post("/1", data={**FORM, "token": token}).status_code == 303
    assert [r.author for r in catalog.responses.find()] == ["ann"]


def test_a_token_ends(as_user: Any, catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    from assay_airflow.pages import incidents

    ann = as_user("ann")
    token, opened = _token(ann), incidents.open_services
    later = datetime.now(UTC) + timedelta(hours=13)

    def services(**asked: bool) -> Any:
        from dataclasses import replace

        return replace(opened(**asked), clock=lambda: later)

    monkeypatch.setattr(incidents, "open_services", services)
    refused = ann.post("/1", data={**FORM, "token": token})
    assert refused.status_code == 403
    assert catalog.responses.find() == []
    # The page that refuses it holds the form again, with a token that counts.
    (renewed,) = re.findall(r'name="token" value="([^"]+)"', refused.text)
    assert ann.post("/1", data={**FORM, "token": renewed}).status_code == 303


def test_a_form_without_end_is_cut_off() -> None:
    from fastapi import HTTPException, Request

    from assay_airflow.pages.incidents import _fields

    sent = []

    async def endless() -> dict[str, Any]:
        sent.append(b"x" * 8192)
        assert len(sent) < 100, "it reads on and on"
        return {"type": "http.request", "body": sent[-1], "more_body": True}

    request = Request({"type": "http", "method": "POST", "headers": []}, endless)
    with pytest.raises(HTTPException) as refused:
        asyncio.run(_fields(request))
    assert refused.value.status_code == 413
