"""Servers that send too much, send it compressed, or lead elsewhere."""

from __future__ import annotations

import gzip
import resource
import zlib
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler

import pytest

from assay.errors import InputError
from assay.ingest import Landing

Land = Callable[..., Landing]
Serve = Callable[[Callable[[BaseHTTPRequestHandler], None]], str]
CSV = b"id,n\na,1\n"
LIMIT = 1_000_000
MUCH = 400_000_000


def _files(url: str, **more: object) -> dict[str, object]:
    return {"kind": "files", "location": f"{url}/people.csv", "format": "csv", **more}


def _rest(url: str, **more: object) -> dict[str, object]:
    return {"kind": "rest", "location": f"{url}/people", **more}


SOURCES = [_files, _rest]


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _sending(encoding: str | None, block: bytes, times: int, sent: list[int]) -> Callable:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        if encoding:
            request.send_header("Content-Encoding", encoding)
        request.end_headers()
        for _ in range(times):
            request.wfile.write(block)
            sent.append(len(block))

    return answer


@pytest.mark.parametrize("source", SOURCES)
def test_a_body_is_cut_off_at_the_limit(landed: Land, serve: Serve, source: Callable) -> None:
    sent: list[int] = []
    url = serve(_sending(None, b" " * 1_000_000, MUCH // 1_000_000, sent))
    before = _peak()
    assert [f.code for f in landed(source(url, max_bytes=LIMIT)).faults] == ["too_large"]
    assert _peak() - before < MUCH / 4
    assert sum(sent) < MUCH / 2


@pytest.mark.parametrize("source", SOURCES)
def test_a_compressed_body_is_cut_off_at_the_limit(
    landed: Land, serve: Serve, source: Callable
) -> None:
    url = serve(_sending("gzip", gzip.compress(b" " * MUCH, 1), 1, []))
    before = _peak()
    assert [f.code for f in landed(source(url, max_bytes=LIMIT)).faults] == ["too_large"]
    assert _peak() - before < MUCH / 4


@pytest.mark.parametrize("encoding", ["br", "zstd", "deflate", "gzip, gzip", "x" * 5000])
@pytest.mark.parametrize("source", SOURCES)
def test_no_encoding_is_undone_that_was_not_asked_for(
    landed: Land, serve: Serve, source: Callable, encoding: str
) -> None:
    url = serve(_sending(encoding, zlib.compress(CSV), 1, []))
    with pytest.raises(InputError, match="encodes its answer"):
        landed(source(url, max_bytes=LIMIT))


def test_all_pages_together_keep_to_the_limit(landed: Land, serve: Serve) -> None:
    def answer(request: BaseHTTPRequestHandler) -> None:
        page = int(request.path.rpartition("=")[2])
        body = b'[{"id": "%d", "n": "%s"}]' % (page, b"1" * 100_000)
        request.send_response(200)
        request.end_headers()
        request.wfile.write(body)

    source = _rest(serve(answer), pagination={"style": "page"}, max_bytes=LIMIT)
    landing = landed(source)
    assert [(f.code, f.numbers["max_bytes"]) for f in landing.faults] == [("too_large", LIMIT)]
    assert landing.rows_path is None


def _redirecting(to: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(302)
        request.send_header("Location", to)
        request.end_headers()

    return answer


def _giving(body: bytes, seen: list[str]) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(request: BaseHTTPRequestHandler) -> None:
        seen.append(request.headers.get("Authorization", ""))
        request.send_response(200)
        request.end_headers()
        request.wfile.write(body)

    return answer


@pytest.mark.parametrize(("source", "body"), [(_files, CSV), (_rest, b'[{"id": "a", "n": 1}]')])
def test_a_redirect_stays_on_declared_hosts(
    landed: Land, serve: Serve, source: Callable, body: bytes
) -> None:
    """Else the data of a batch, or a service of this network, would be what another host says."""
    seen: list[str] = []
    inside = serve(_giving(body, seen))
    url = serve(_redirecting(f"{inside}/elsewhere"))
    with pytest.raises(InputError, match="a host that its contract doesn't declare"):
        landed(source(url), token="of-the-source")
    assert not seen
    declared = inside.removeprefix("http://")
    assert landed(source(url, hosts=[declared]), token="of-the-source").rows == 1
    assert seen == [""]


@pytest.mark.parametrize("source", SOURCES)
def test_a_circle_of_redirects_ends(landed: Land, serve: Serve, source: Callable) -> None:
    with pytest.raises(InputError, match="in a circle"):
        landed(source(serve(_redirecting("/people"))))


@pytest.mark.parametrize(
    "to", ["ftp://127.0.0.1/x", "http://[::1", "//", "http://", "file:///etc/passwd", "\\\\x\\y",
           "http://127.0.0.1:99999/", "javascript:alert(1)"],
)  # fmt: skip
@pytest.mark.parametrize("source", SOURCES)
def test_a_redirect_to_no_address_is_an_error(
    landed: Land, serve: Serve, source: Callable, to: str
) -> None:
    with pytest.raises((InputError, ConnectionError)):
        landed(source(serve(_redirecting(to))))


@pytest.mark.parametrize("link", ["http://[::1", "http://127.0.0.1:1/x", "//evil.example/x"])
def test_a_link_to_a_next_page_stays_on_the_host(landed: Land, serve: Serve, link: str) -> None:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Link", f'<{link}>; rel="next"')
        request.end_headers()
        request.wfile.write(b'[{"id": "a", "n": 1}]')

    try:
        landing = landed(_rest(serve(answer), pagination={"style": "link"}))
    except InputError:
        return
    assert [fault.code for fault in landing.faults] == ["malformed"]


def test_a_name_in_capitals_is_fetched_as_any_other(landed: Land, serve: Serve) -> None:
    """Another client would fetch it otherwise, which follows redirects wherever they lead."""
    inside = serve(_giving(CSV, []))
    url = serve(_redirecting(f"{inside}/people.csv"))
    with pytest.raises(InputError, match="a host that its contract doesn't declare"):
        landed(_files(url.replace("http://", "HTTP://")))


def test_an_overlong_address_is_an_error(landed: Land, serve: Serve) -> None:
    url = serve(_giving(CSV, []))
    assert landed(_files(url, location=f"{url}/{'x' * 300}.csv")).rows == 1
    with pytest.raises((InputError, ConnectionError)):
        landed(_files(url, location=f"{url}/{'x' * 100_000}.csv"))
