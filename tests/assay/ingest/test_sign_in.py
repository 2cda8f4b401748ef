"""Credentials of a connection: each way to sign in, and no secret at another host."""

from __future__ import annotations

import json
import logging
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest

from assay.errors import InputError
from assay.ingest import land

BATCH = "2013-02-04"
ROWS = json.dumps([{"id": "a"}]).encode()
SECRET = "s3cret"
SIGNED = [
    ({"token": SECRET}, "authorization", f"Bearer {SECRET}"),
    ({"username": "me", "password": SECRET}, "authorization", "Basic bWU6czNjcmV0"),
    ({"api_key": SECRET}, "x-api-key", SECRET),
    ({"api_key": SECRET, "api_key_header": "Api-Key"}, "api-key", SECRET),
    ({"headers": json.dumps({"X-Tenant": SECRET, "Accept": "application/json"})}, "x-tenant",
     SECRET),
]  # fmt: skip


@pytest.fixture
def asked(site, session, lake, contract_of, patience):
    def ask(credentials, path="/rows", **source):
        described = {"kind": "rest", "location": site.url + path, **source}
        contract = contract_of(described, [{"name": "id", "type": "string"}])
        return land(session, contract, BATCH, lake, credentials=credentials, retry=patience)

    return ask


@pytest.fixture
def other():
    """Another host, which notes what it is asked with, and grants tokens."""
    seen: list[tuple[str, dict[str, str], str]] = []
    grants = iter(f"grant{n}" for n in range(99))
    says: dict[str, object] = {"status": 200, "expires_in": 3600}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers = {k.lower(): v for k, v in self.headers.items()}
            length = int(self.headers.get("Content-Length", 0))
            seen.append((self.path, headers, self.rfile.read(length).decode()))
            given = {"access_token": next(grants), "expires_in": says["expires_in"]}
            refused = {"error": "invalid_client", "error_description": SECRET}
            body = ROWS if self.command == "GET" else json.dumps(
                given if says["status"] == 200 else refused).encode()  # fmt: skip
            self.send_response(int(str(says["status"])))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", seen, says
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(("credentials", "header", "value"), SIGNED)
def test_each_way_to_sign_in(site, asked, credentials, header, value):
    site.says("/rows", (200, {}, ROWS))
    asked(credentials)
    assert site.asked[0][2][header] == value


@pytest.mark.parametrize("credentials", [c for c, _, _ in SIGNED] +
                         [{"api_key": SECRET, "api_key_parameter": "key"}])  # fmt: skip
def test_nothing_secret_goes_to_another_host(site, asked, other, credentials):
    """openai/openai-python#3516: httpx takes ``Authorization`` off a redirect, and no other."""
    url, seen, _ = other
    hosts = [url.removeprefix("http://")]
    site.says("/rows", lambda params, _: (302, {"Location": f"{url}/a?key={params.get('key')}"},
                                          b""))  # fmt: skip
    assert asked(credentials, hosts=hosts).rows == 1
    site.says("/linked", (200, {"Link": f'<{url}/b>; rel="next"'}, json.dumps([{"id": "b"}])
                          .encode()))  # fmt: skip
    assert asked(credentials, "/linked", hosts=hosts, pagination={"style": "link"}).rows == 2
    assert len(seen) == 2
    assert SECRET not in str(seen)
    assert "bWU6czNjcmV0" not in str(seen)


def test_a_key_in_the_query_is_in_no_log(site, asked, caplog, monkeypatch):
    log = logging.getLogger("httpx")
    for name, value in (("disabled", False), ("propagate", True)):  # others may have set it
        monkeypatch.setattr(log, name, value)
    site.says("/rows", (200, {}, ROWS))
    with caplog.at_level(logging.INFO), caplog.at_level(logging.INFO, logger="httpx"):
        asked({"api_key": SECRET, "api_key_parameter": "key"}, "/rows?day=1")
    assert site.asked[0][1] == {"day": "1", "key": SECRET}
    assert "/rows" in caplog.text
    assert SECRET not in caplog.text


def oauth(url, **more):
    return {"token_url": f"{url}/token", "client_id": "me", "client_secret": SECRET, **more}


def test_client_credentials(site, asked, other):
    url, seen, _ = other
    site.says("/rows", lambda p, h: (200, {}, json.dumps(
        [{"id": p["page"]}] if p["page"] in "123" else []).encode()))  # fmt: skip
    assert asked(oauth(url, scope="read"), pagination={"style": "page"}).rows == 3
    assert {headers["authorization"] for _, _, headers in site.asked} == {"Bearer grant0"}
    ((_, headers, form),) = seen
    assert parse_qs(form) == {"grant_type": ["client_credentials"], "scope": ["read"]}
    assert headers["authorization"] == "Basic bWU6czNjcmV0"


def test_client_credentials_in_the_body(site, asked, other):
    url, seen, _ = other
    site.says("/rows", (200, {}, ROWS))
    asked({"token_url": url, "username": "me", "password": SECRET, "client_auth": "body"})
    form = parse_qs(seen[0][2])
    assert (form["client_id"], form["client_secret"]) == (["me"], [SECRET])


def test_a_token_that_ends_is_replaced(site, asked, other):
    url, seen, says = other
    refused = iter([True, False, False])
    site.says("/rows", lambda *_: (401, {}, b"") if next(refused) else (200, {}, ROWS))
    assert asked(oauth(url)).rows == 1
    assert [headers["authorization"] for _, _, headers in site.asked] == [
        "Bearer grant0", "Bearer grant1"]  # fmt: skip
    says["expires_in"] = 0
    site.says("/rows", lambda p, _: (200, {}, ROWS if p["page"] == "1" else b"[]"))
    asked(oauth(url), pagination={"style": "page"})
    assert len(seen) == 4


def test_a_client_that_is_refused(asked, other):
    url, _, says = other
    says["status"] = 401
    with pytest.raises(InputError, match="no access token") as raised:
        asked(oauth(url))
    assert "401 invalid_client" in str(raised.value)
    assert SECRET not in str(raised.value)


def test_a_token_endpoint_that_is_busy_may_be_tried_again(asked, other):
    url, seen, says = other
    says["status"] = 503
    with pytest.raises(ConnectionError, match="503"):
        asked(oauth(url))
    assert len(seen) == 5


def test_headers_that_are_none(asked):
    with pytest.raises(InputError, match="JSON object"):
        asked({"headers": "X: y"})
