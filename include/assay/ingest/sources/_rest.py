"""A paged REST endpoint: each page streamed to a file as it comes, until an end that is one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from assay.contract import RestSource
from assay.ingest._model import Fault, OriginalFile, UnusableError
from assay.ingest._original import keep
from assay.ingest.sources._http import Client, accept, body, client
from assay.ingest.sources._json_page import JsonPage
from assay.ingest.sources._paging import Answer, Paging
from assay.ingest.sources._patience import Retry
from assay.ingest.sources._urls import fill, fill_url, with_params
from assay.reasons import ReasonCode

_PAGE: Final = "page-{:06d}.json"


def fetch_pages(
    source: RestSource,
    filled: Mapping[str, str],
    folder: Path,
    credentials: Mapping[str, str],
    retry: Retry,
    most_rows: int | None = None,
) -> tuple[tuple[OriginalFile, ...], tuple[Fault, ...]]:
    """Keep every page of a batch in ``folder``, and say what ended the paging too early.

    Parameters
    ----------
    source : RestSource
        Location, query parameters, pagination.
    filled : mapping
        Values of ``{batch}``, ``{batch_start}`` and ``{batch_end}``.
    most_rows : int, optional
        Ask for no further page once there are so many: for a sample, which needn't be whole.

    Raises
    ------
    UnusableError
        ``source_missing`` where the endpoint doesn't know the batch, ``too_large`` where its first
        page is larger than the contract allows.
    InputError
        If paging leads to a host that the contract doesn't declare.
    """
    files: list[OriginalFile] = []
    params = {name: fill(value, filled) for name, value in source.params.items()}
    start = with_params(fill_url(source.location, filled), params)
    paging = Paging(source)
    with client(start, source, credentials, retry) as opened:
        try:
            for file in _pages(_Pages(opened, source, folder), paging, start):
                files.append(file)
                if most_rows is not None and paging.rows >= most_rows:
                    break
        except UnusableError as unusable:
            if not files:
                raise
            return tuple(files), (*paging.faults, *map(_midway, unusable.faults))
    return tuple(files), paging.faults


@dataclass
class _Pages:
    """Keeps one page after the other, all of them within the source's bytes."""

    client: Client
    source: RestSource
    folder: Path
    kept: int = 0
    bytes: int = 0

    def get(self, url: str) -> tuple[OriginalFile, httpx.Response] | None:
        """Stream a page to its file, cut off at the limit; None if it lies behind the last one."""
        path = self.folder / _PAGE.format(self.kept + 1)

        def once() -> tuple[OriginalFile, httpx.Response] | None:
            path.unlink(missing_ok=True)
            with self.client.get(url) as response:
                paging = self.source.pagination
                if self.kept and paging and response.status_code in paging.past_end:
                    return None
                accept(response, url)
                return self._kept(response, path), response

        got: tuple[OriginalFile, httpx.Response] | None = self.client.attempt(url, once)
        if got is None:
            return None
        file, response = got
        self.kept, self.bytes = self.kept + 1, self.bytes + file.bytes
        return file, response

    def _kept(self, response: httpx.Response, path: Path) -> OriginalFile:
        return keep(body(response), path, self.source.max_bytes, self.bytes)

    def answer(self, file: OriginalFile, response: httpx.Response) -> Answer:
        """What a kept page says."""
        paging = self.source.pagination
        header = paging.total_header if paging else None
        empty = response.status_code == httpx.codes.NO_CONTENT
        return Answer(
            page=JsonPage.read(self.folder / file.name, self.source.records, empty=empty),
            url=str(response.url),
            link=_next_link(response),
            total=response.headers.get(header) if header else None,
        )


def _pages(pages: _Pages, paging: Paging, start: str) -> Iterator[OriginalFile]:
    url: str | None = paging.first(start)
    while url is not None:
        got = pages.get(url)
        if got is None:
            return paging.end()
        file, response = got
        yield file
        url = paging.next(url, pages.answer(file, response))


def _next_link(response: httpx.Response) -> str | None:
    """The next page by the ``Link`` header, whatever else the link is."""
    for link in response.links.values():
        if "next" in link.get("rel", "").lower().split():
            return link.get("url")
    return None


def _midway(fault: Fault) -> Fault:
    if fault.code != ReasonCode.SOURCE_MISSING:
        return fault
    message = (
        "A later page of the answer is missing. Is that how this endpoint ends? "
        "Then name the status in `past_end` of the pagination."
    )
    return Fault(code=ReasonCode.TRUNCATED, message=message)
