"""Answering incidents in the browser: by who may, in their name, and what the form can't mean."""

from __future__ import annotations

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


@pytest.fixture
def catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Catalog:
    """Incident 1 of flights, with two batches; 2 of people, whom the reader may not see."""
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path))
    (tmp_path / "catalog").mkdir()
    catalog = Catalog(f"sqlite:///{tmp_path / 'catalog' / 'catalog.db'}")
    catalog.migrate()
    reason = Reason(code="drift_detected", outcome=Outcome.FAIL, message="<i>psi</i> is high")
    for dataset, batch in (("flights", "b1"), ("people", "2013"), ("flights", "b2")):
        catalog.incidents.open_or_update(dataset, "drift/drift", batch, reasons=[reason], at=AT)
    return catalog


@pytest.fixture
def rights() -> set[str]:
    return {"read", "answer"}


@pytest.fixture
def client(catalog: Catalog, rights: set[str], monkeypatch: pytest.MonkeyPatch) -> TestClient:
    from airflow.api_fastapi.core_api.security import get_user

    from assay_airflow.pages import incidents

    monkeypatch.setattr(incidents, "may_read", lambda user, dataset: dataset == "flights")
    monkeypatch.setattr(incidents, "may_answer", lambda user: "answer" in rights)
    app = incidents.build()
    app.dependency_overrides[get_user] = lambda: SimpleNamespace(
        get_id=lambda: "1", get_name=lambda: "ann"
    )
    return TestClient(app, follow_redirects=False)


def _send(client: TestClient, form: dict[str, str], **more: Any) -> Any:
    """Send the form of incident 1 as its page would."""
    tokens = re.findall(r'name="token" value="([^"]+)"', client.get("/1").text)
    return client.post("/1", data={"token": tokens[0] if tokens else "", **form}, **more)


def test_the_page_lists_what_the_reader_may_see(client: TestClient, rights: set[str]) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert "Incident 1" in page.text
    assert "Incident 2" not in page.text
    assert "&lt;i&gt;psi&lt;/i&gt; is high" in page.text
    assert "form-action 'self'" in page.headers["content-security-policy"]
    assert "script" not in page.text
    assert client.get("/2").status_code == client.get("/99").status_code == 404
    assert client.get("/x").status_code == 422
    rights.remove("answer")
    assert "<form" in page.text
    assert "<form" not in client.get("/").text


def test_a_page_holds_no_more_than_some_batches(client: TestClient, catalog: Catalog) -> None:
    reason = Reason(code="drift_detected", outcome=Outcome.FAIL, message="high")
    for i in range(1000, 1300):
        catalog.incidents.open_or_update("flights", "drift/drift", f"c{i}", reasons=[reason], at=AT)
    for address in ("/", "/1"):
        page = client.get(address).text
        assert "… and 200 more batches" in page
        assert "92 others aren't on this page: <code>assay incidents show 1</code>" in page
        assert page.count("failing</td>") == len(re.findall("<option>[bc]", page)) == 210


def test_each_answer_is_recorded_in_the_users_name(client: TestClient, catalog: Catalog) -> None:
    for form in (
        {"action": "acknowledge", "until": "", "reason": "", "batch": ""},
        {"action": "snooze", "until": "3d", "reason": "Known.", "batch": ""},
        {"action": "dismiss", "until": "", "reason": "A blizzard.", "batch": "b1"},
    ):
        done = _send(client, form)
        assert (done.status_code, done.headers["location"]) == (303, "./1")
    told = [(r.author, r.action, r.batch, r.reason) for r in catalog.responses.find(1)]
    assert told == [
        ("ann", "acknowledge", None, None),
        ("ann", "snooze", None, "Known."),
        ("ann", "dismiss", "b1", "A blizzard."),
    ]
    now = datetime.now(UTC)
    snoozed = catalog.incidents.get(1).snoozed_until
    assert snoozed is not None
    assert timedelta(days=2) < snoozed - now < timedelta(days=4)
    page = client.get("/1").text
    assert "A blizzard." in page
    assert "snoozed until" in page
    _send(client, {"action": "dismiss", "reason": "All of it."})
    assert "<form" not in client.get("/1").text, "it is over"


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"action": "snooze", "reason": "x"}, "a snooze needs an end"),
        ({"action": "snooze", "until": "soon", "reason": "x"}, "isn&#39;t a time"),
        ({"action": "dismiss"}, "dismiss needs a reason"),
        ({"action": "dismis", "reason": "x"}, "Did you mean &#39;dismiss&#39;?"),
        ({"action": "acknowledge", "batch": "b1"}, "only a dismissal can be about one batch"),
        ({}, "no such action"),
    ],
)
def test_what_cannot_be_meant_is_said_on_the_page(
    client: TestClient, catalog: Catalog, form: dict[str, str], says: str
) -> None:
    answer = _send(client, form)
    assert answer.status_code == 400
    assert says in answer.text
    assert "<form" in answer.text
    assert catalog.responses.find() == []


def test_who_may_not_answer_changes_nothing(
    client: TestClient, catalog: Catalog, rights: set[str]
) -> None:
    form = {"action": "acknowledge"}
    elsewhere = _send(client, form, headers={"Sec-Fetch-Site": "cross-site"})
    assert elsewhere.status_code == 403
    assert client.post("/2", data=form).status_code == 404
    rights.remove("answer")
    assert _send(client, form).status_code == 403
    assert catalog.responses.find() == []


def test_who_has_not_logged_in_is_sent_to_airflows_login(catalog: Catalog) -> None:
    from airflow.api_fastapi.app import create_auth_manager

    from assay_airflow.pages import incidents

    create_auth_manager()
    stranger = TestClient(incidents.build(), follow_redirects=False)
    for answer in (stranger.get("/1"), stranger.post("/1", data={"action": "acknowledge"})):
        assert answer.status_code == 303
        assert "/auth/login" in answer.headers["location"]
    assert catalog.responses.find() == []
