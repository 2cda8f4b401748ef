"""What a source gets of a connection."""

from __future__ import annotations

import json

import pytest
from airflow.sdk import Connection

from assay.errors import InputError
from assay_airflow.hooks import services


def test_extras_of_a_connection_reach_the_source(monkeypatch: pytest.MonkeyPatch) -> None:
    extra = {"headers": {"X-Tenant": "a"}, "token_url": "https://idp.example.org", "anon": True}
    held = Connection(
        conn_id="c", conn_type="http", login="me", password="p", extra=json.dumps(extra)
    )
    monkeypatch.setattr(services, "find_connection", lambda _: held)
    found = services.source_credentials("c")
    assert json.loads(found["headers"]) == {"X-Tenant": "a"}
    assert (found["username"], found["password"]) == ("me", "p")
    assert (found["token_url"], found["anon"]) == ("https://idp.example.org", "true")
    assert services.source_credentials(None) == {}


def test_a_connection_that_airflow_does_not_know_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "find_connection", lambda _: None)
    with pytest.raises(InputError, match=r"'warehouse'.*AIRFLOW_CONN_WAREHOUSE"):
        services.source_credentials("warehouse")
