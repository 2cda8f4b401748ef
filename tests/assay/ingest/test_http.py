"""Files over HTTP, from a server that is sometimes busy."""

from __future__ import annotations

import datetime as dt
import gzip
import socket
import threading
import time
from contextlib import suppress

import pytest

from assay.errors import InputError
from assay.ingest import land
from assay.ingest.sources._patience import retry_after
from assay.ingest.sources._urls import shown

BATCH = "2013-02-04"
CSV = b"id,n,x,ok,day,at\na,1,,,,\n"
FINE = (200, {}, CSV)


@pytest.fixture
def fetched(site, session, lake, contract_of, patience):
    def fetch(name: str = "{batch}.csv", credentials=None, **source):
        described = {"kind": "files", "location": f"{site.url}/d/{name}", "format": "csv", **source}
        return land(session, contract_of(described), BATCH, lake, credentials=credentials,
                    retry=patience)  # fmt: skip

    return fetch


def test_a_file_is_fetched(site, fetched):
    site.says(f"/d/{BATCH}.csv", FINE)
    landing = fetched()
    assert landing.rows == 1
    assert (landing.folder / "original" / f"{BATCH}.csv").read_bytes() == CSV


def test_a_busy_server_is_asked_again_when_it_says(site, fetched, patience):
    site.says(f"/d/{BATCH}.csv", (429, {"Retry-After": "7"}, b""), (503, {}, b"busy"), FINE)
    assert fetched().rows == 1
    assert patience.sleep.waits[0] == 7
    assert 0 < patience.sleep.waits[1] <= 1


def test_a_server_that_stays_broken_is_no_fault_of_the_input(site, fetched):
    site.says(f"/d/{BATCH}.csv", (500, {}, b"N1SECRET"))
    with pytest.raises(ConnectionError, match="status 500") as raised:
        fetched("{batch}.csv?token=hidden")
    assert "hidden" not in str(raised.value)
    assert "N1SECRET" not in str(raised.value)
    assert len(site.asked) == 5


def test_no_server(session, lake, contract_of, patience):
    source = {"kind": "files", "location": "http://127.0.0.1:9/{batch}.csv", "format": "csv"}
    with pytest.raises(ConnectionError):
        land(session, contract_of(source), BATCH, lake, retry=patience)


def test_a_body_that_breaks_off_is_fetched_again(site, fetched):
    site.says(f"/d/{BATCH}.csv", (200, {"Content-Length": "999"}, CSV[:9]), FINE)
    assert fetched().rows == 1


def test_a_missing_file_is_a_verdict(fetched):
    assert [f.code for f in fetched().faults] == ["source_missing"]


def test_refused_credentials_are_an_error(site, fetched):
    site.says(f"/d/{BATCH}.csv", lambda _, headers: FINE if "authorization" in headers
              else (401, {}, b""))  # fmt: skip
    with pytest.raises(InputError, match="refuses"):
        fetched()
    assert fetched(credentials={"token": "t0p"}).rows == 1
    assert site.asked[-1][2]["authorization"] == "Bearer t0p"
    assert fetched(credentials={"username": "me", "password": "t0p"}).rows == 1


def test_a_compressed_file_stays_as_it_is(site, fetched):
    data = gzip.compress(CSV)
    site.says(f"/d/{BATCH}.csv.gz", (200, {"Content-Encoding": "gzip"}, data))
    landing = fetched("{batch}.csv.gz")
    assert landing.rows == 1
    assert (landing.folder / "original" / f"{BATCH}.csv.gz").read_bytes() == data


def test_an_encoding_of_the_way_is_undone(site, fetched):
    site.says(f"/d/{BATCH}.csv", (200, {"Content-Encoding": "gzip"}, gzip.compress(CSV)))
    assert (fetched().folder / "original" / f"{BATCH}.csv").read_bytes() == CSV


def test_an_encoding_that_breaks_off_is_fetched_again(site, fetched):
    whole = gzip.compress(CSV)
    site.says(f"/d/{BATCH}.csv", (200, {"Content-Encoding": "gzip"}, whole[:-9]),
              (200, {"Content-Encoding": "gzip"}, whole))  # fmt: skip
    assert fetched().rows == 1


def test_a_wait_that_is_longer_than_the_batch_may_take_is_left_to_the_next_run(
    site, fetched, patience
):
    site.says(f"/d/{BATCH}.csv", (429, {"Retry-After": "86400"}, b""), FINE)
    with pytest.raises(ConnectionError, match="asks to come back after 86400"):
        fetched(max_seconds=600)
    assert patience.sleep.waits == []


def test_an_answer_that_drips_ends_at_the_deadline(serve_drop, fetched):
    """A time-out between two bytes never ends it; neither a header nor a body may drip for ever."""
    for head in (b"HTTP/1.1 200 OK\r\nX-A: ", b"HTTP/1.1 200 OK\r\n\r\n"):
        with pytest.raises(ConnectionError, match="1 seconds of maxSeconds"):
            fetched(location=serve_drop(head), max_seconds=1)


@pytest.fixture
def serve_drop():
    """A server that sends its first bytes, and then one byte after the other without an end."""
    opened = []

    def start(head: bytes) -> str:
        listening = socket.create_server(("127.0.0.1", 0))
        opened.append(listening)

        def serve() -> None:
            with suppress(OSError):
                asked, _ = listening.accept()
                with asked:
                    asked.sendall(head)
                    while True:
                        asked.sendall(b"x")
                        time.sleep(0.01)

        threading.Thread(target=serve, daemon=True).start()
        return f"http://127.0.0.1:{listening.getsockname()[1]}/{{batch}}.csv"

    yield start
    for one in opened:
        one.close()


def test_what_is_no_url(session, lake, contract_of, patience):
    source = {"kind": "files", "location": "gopherx://h/{batch}.csv", "format": "csv"}
    with pytest.raises(InputError, match="no way to read"):
        land(session, contract_of(source), BATCH, lake, retry=patience)


def test_the_two_forms_of_retry_after():
    now = dt.datetime(2013, 2, 4, 12, tzinfo=dt.UTC)
    assert retry_after("Mon, 04 Feb 2013 12:00:30 GMT", now) == 30
    assert retry_after("Mon, 04 Feb 2013 11:00:00 GMT", now) == 0
    assert retry_after("3", now) == 3
    assert retry_after("soon", now) is None
    assert retry_after(None, now) is None


def test_no_secret_of_a_url_is_shown():
    assert shown("https://u:secret@h:1/p?token=secret#secret") == "https://h:1/p"
