"""From every page a reader gets somewhere: each link of each page and report is followed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from urllib.parse import urldefrag, urljoin

import pytest
from fastapi.testclient import TestClient
from starlette.routing import Mount

DAY = "2024-01-03"
START = "http://testserver/assay/"


@pytest.fixture(scope="module")
def patch() -> Iterator[pytest.MonkeyPatch]:
    """What is set for all tests of the module."""
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def client(
    template: Any, mini: Any, tmp_path_factory: pytest.TempPathFactory, patch: pytest.MonkeyPatch
) -> Iterator[TestClient]:
    """Every page, over a home with held, drifted and forced batches and open incidents."""
    from airflow.api_fastapi.core_api.security import get_user
    from fastapi import FastAPI

    from assay_airflow.pages import _site, incidents, reports

    ready = mini.copy(template, tmp_path_factory.mktemp("pages"))
    ready.drop("visits", DAY, mini.visits(DAY, faults=400))
    ready.run("visits", DAY)
    for day, asked in (("2024-01-04", {}), ("2024-01-05", {"force": True, "reason": "known"})):
        ready.drop("visits", day, mini.visits(day, shift=8))
        ready.run("visits", day, approved_by="second" if asked else None, **asked)
    patch.setenv("ASSAY_PROJECT", str(ready.project))
    patch.setenv("ASSAY_HOME", str(ready.home))
    for module in (incidents, reports):
        patch.setattr(module, "may_read", lambda *_: True)
    patch.setattr(incidents, "may_answer", lambda _: True)
    user = SimpleNamespace(get_id=lambda: "1", get_name=lambda: "ann")
    pages = _site.build()
    mounted: list[Any] = [route.app for route in pages.routes if isinstance(route, Mount)]
    for app in (pages, *mounted):
        app.dependency_overrides[get_user] = lambda: user
    site = FastAPI()
    site.mount("/assay", pages)
    with TestClient(site) as found:
        yield found


def _links(page: str) -> set[str]:
    return set(re.findall(r'href="([^"]+)"', page))


def _anchors(page: str) -> set[str]:
    return set(re.findall(r'\sid="([^"]+)"', page))


def test_no_link_is_dead(client: TestClient) -> None:
    pages: dict[str, str] = {}
    wanted: dict[str, str] = {START: "the start"}
    dead = []
    while open_ := sorted(set(map(_page_of, wanted)) - set(pages)):
        for address in open_:
            answer = client.get(address)
            if answer.status_code != 200:
                dead.append((address, answer.status_code))
            html = answer.headers["content-type"].startswith("text/html")
            pages[address] = answer.text if html else ""
            base = str(answer.url)
            for link in _links(pages[address]):
                target = urljoin(base, link)
                if target.startswith(START):
                    wanted.setdefault(target, address)
    assert dead == []
    anchors = {p: _anchors(text) for p, text in pages.items()}
    lost = [
        (address, page)
        for address, page in wanted.items()
        if (anchor := urldefrag(address).fragment) and anchor not in anchors[_page_of(address)]
    ]
    assert lost == []
    read = "\n".join(pages)
    for part in ("/reports/visits/2024-01-05/", "/incidents/", "/docs/runbooks/drift_detected.md"):
        assert part in read


def test_a_report_alone_has_only_links_to_the_pages_beside_it(client: TestClient) -> None:
    index = client.get("/assay/reports/").text
    for link in _links(index):
        page = client.get(urljoin("/assay/reports/", link)).text
        assert all(re.fullmatch(r"(#[\w-]+)|(\w+\.html)", one) for one in _links(page)), link


@pytest.mark.parametrize("place", ["reports", "incidents", "docs"])
def test_an_address_works_with_and_without_its_last_slash(client: TestClient, place: str) -> None:
    without, with_ = client.get(f"/assay/{place}"), client.get(f"/assay/{place}/")
    assert (without.status_code, str(without.url)) == (200, str(with_.url))
    assert _links(without.text) == _links(with_.text)


def test_only_pages_of_the_documentation_are_served(client: TestClient) -> None:
    for path in ("../assay/errors.py", "architecture", "..%2f..%2fREADME.md", "runbooks/", "x.md"):
        assert client.get(f"/assay/docs/{path}").status_code == 404, path


def _page_of(address: str) -> str:
    return urldefrag(address).url
