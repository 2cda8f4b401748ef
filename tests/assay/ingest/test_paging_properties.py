"""Whatever a server does, every row comes once, or the batch is held or undecided."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.contract import RestSource
from assay.ingest._model import UnusableError
from assay.ingest.sources._json_page import JsonPage
from assay.ingest.sources._paging import Answer, Paging

START = "http://127.0.0.1/rows?day=1"


@dataclass(frozen=True)
class Server:
    """An endpoint with some rows, that ends in its way, and may break in one."""

    rows: int
    cap: int
    style: str
    end: str
    flaw: str

    def answer(self, url: str) -> tuple[int, dict[str, Any], str | None]:
        """Status, body and linked address for a request."""
        asked = dict(parse_qsl(urlsplit(url).query))
        assert asked["day"] == "1"
        size = min(int(asked.get("size", self.cap)), self.cap)
        at = self._at(asked, size)
        if self.end == "404" and at >= self.rows and at > 0:
            return 404, {}, None
        shown = range(at, min(at + size, self.rows))
        if self.flaw == "loses a page" and at == size:
            shown = range(0)
        body: dict[str, Any] = {"rows": [{"id": i} for i in shown]}
        follows = at + size < self.rows
        named = str(at + size) if follows or self.end == "names itself" else None
        if self.end == "names itself" and not shown:
            named = str(at)
        if self.flaw == "goes back" and at > 0:
            named = "0"
        kept = f"&size={asked['size']}" if "size" in asked else ""
        linked = self.style == "link" and named is not None
        link = f"{START}{kept}&at={named}" if linked else None
        if self.style == "cursor" and not (named is None and self.end == "absent"):
            body["next"] = named
        said = self.rows + (self.flaw == "says too many")
        body |= {"total": said} if self.end == "total" else {}
        body |= {"pages": -(-self.rows // size)} if self.end == "pages" else {}
        body |= {"more": follows} if self.end == "more" else {}
        return 200, body, link

    def _at(self, asked: dict[str, str], size: int) -> int:
        if self.flaw == "ignores the page":
            return 0
        if self.style == "page":
            return (int(asked["page"]) - 1) * size
        return int(asked.get("page" if self.style == "offset" else "at", 0))


def _source(server: Server, size: int | None) -> RestSource:
    paging: dict[str, Any] = {"style": server.style, "size_parameter": "size", "size": size}
    if server.style == "cursor":
        paging |= {"parameter": "at", "cursor": "next"}
    if server.end in {"total", "pages", "more"}:
        paging[server.end] = server.end
    if server.end == "404":
        paging["past_end"] = [404]
    return RestSource(location=START, records="rows", pagination=paging, max_pages=200)


def _fetched(server: Server, source: RestSource) -> tuple[list[int], bool]:
    """The rows that come, and whether anything is said against them."""
    paging, found = Paging(source), []
    url: str | None = paging.first(START)
    try:
        while url is not None:
            status, body, link = server.answer(url)
            if status == 404:
                paging.end()
                break
            page = JsonPage(memoryview(json.dumps(body).encode()), "rows")
            found += [json.loads(bytes(row))["id"] for row in page.rows]
            url = paging.next(url, Answer(page, url, link, None))
    except UnusableError:
        return found, True
    return found, bool(paging.faults)


SERVERS = st.builds(
    Server, rows=st.integers(0, 60), cap=st.integers(1, 20),
    style=st.sampled_from(["page", "offset", "cursor", "link"]),
    end=st.sampled_from(["null", "absent", "names itself", "404", "total", "pages", "more"]),
    flaw=st.just("none"),
)  # fmt: skip
SIZES = st.none() | st.integers(1, 40)
FLAWS = ("loses a page", "goes back", "ignores the page", "says too many")


def _sound(server: Server, size: int | None) -> None:
    found, doubted = _fetched(server, _source(server, size))
    assert found == list(range(server.rows))
    # A first page that leaves its cursor out is all of it, or its name is misspelt.
    one = server.rows <= min(size or server.cap, server.cap)
    assert not doubted or (server.end == "absent" and server.style == "cursor" and one)


def _broken(server: Server, size: int | None) -> None:
    source = _source(server, size)
    if (
        source.pagination
        and server.style in {"page", "offset"}
        and server.end in {"null", "absent"}
    ):
        return  # nothing tells an empty page in the middle from the last one
    found, doubted = _fetched(server, source)
    assert doubted or sorted(found) == list(range(server.rows)) or not _told(server)


def _told(server: Server) -> bool:
    """Whether anything in the answers shows the loss."""
    return server.flaw != "loses a page" or server.end in {"total"}


def _tried(check: Callable[..., None], servers: Any, examples: int) -> None:
    run = settings(max_examples=examples, derandomize=True, deadline=None)
    run(given(servers, SIZES)(check))()


def _with(flaw: str) -> Any:
    return SERVERS.map(lambda s: Server(s.rows, s.cap, s.style, s.end, flaw))


def test_every_row_of_a_sound_server_comes_once() -> None:
    _tried(_sound, SERVERS, 300)


@pytest.mark.parametrize("flaw", FLAWS)
def test_what_a_broken_server_loses_or_repeats_is_seen(flaw: str) -> None:
    _tried(_broken, _with(flaw), 100)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_every_row_of_a_sound_server_comes_once_in_many_more() -> None:
    _tried(_sound, SERVERS, 30_000)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("flaw", FLAWS)
def test_what_many_more_broken_servers_lose_or_repeat_is_seen(flaw: str) -> None:
    _tried(_broken, _with(flaw), 10_000)
