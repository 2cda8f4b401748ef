"""Files over HTTP, from a server that is sometimes busy."""

from __future__ import annotations

import datetime as dt
import gzip

import pytest

from assay.errors import InputError
from assay.ingest import land
from assay.ingest.sources._http import retry_after, shown

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


def test_a_server_that_stays_broken_is_no_fault_of_the_input(site, fetched, patience):
    site.says(f"/d/{BATCH}.csv", (500, {}, b"N1SECRET"))
    with pytest.raises(ConnectionError, match="status 500") as raised:
        fetched("{batch}.csv?token=hidden")
    assert "hidden" not in str(raised.value)
    assert "N1SECRET" not in str(raised.value)
    assert len(site.asked) == patience.attempts


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
