"""A paged REST endpoint: each page kept as it came, the rows of all pages as JSON lines."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import httpx

from assay.contract import RestSource
from assay.errors import InputError
from assay.ingest._model import Fault, OriginalFile, UnusableError
from assay.ingest._original import keep
from assay.ingest.sources._http import Retry, accept, attempt_all, client, shown
from assay.reasons import ReasonCode

_PAGE: Final = "page-{:06d}.json"


def fetch_pages(
    source: RestSource,
    filled: Mapping[str, str],
    folder: Path,
    credentials: Mapping[str, str],
    retry: Retry,
) -> tuple[tuple[OriginalFile, ...], tuple[Fault, ...]]:
    """Keep every page of a batch in ``folder``, and say what ended the paging too early.

    Parameters
    ----------
    source : RestSource
        Location, query parameters, pagination.
    filled : mapping
        Values of ``{batch}``, ``{batch_start}`` and ``{batch_end}``.

    Raises
    ------
    UnusableError
        ``source_missing`` where the endpoint doesn't know the batch.
    InputError
        If paging leads to another host, or comes back to an earlier page.
    """
    files: list[OriginalFile] = []
    left = source.max_bytes
    with client(credentials, retry) as session:
        try:
            for response in _pages(session, source, filled, retry):
                path = folder / _PAGE.format(len(files) + 1)
                files.append(keep([response.content], path, left))
                left = None if left is None else left - files[-1].bytes
        except UnusableError as unusable:
            if not files:
                raise
            return tuple(files), tuple(_midway(fault) for fault in unusable.faults)
    return tuple(files), ()


def records_of(pages: Iterable[Path], source: RestSource) -> Iterator[dict[str, Any]]:
    """The rows of kept pages, in order.

    Raises
    ------
    UnusableError
        If a page isn't JSON, or has no list of objects where the contract says.
    """
    for path in pages:
        for record in _rows(path.read_bytes(), source):
            if not isinstance(record, dict):
                message = "A row of the answer isn't a JSON object."
                raise UnusableError.of(ReasonCode.MALFORMED, message)
            yield record


def fill(template: str, filled: Mapping[str, str]) -> str:
    """A template with its placeholders filled; other braces stay.

    Examples
    --------
    >>> fill("a/{batch}?q={x}", {"batch": "2013"})
    'a/2013?q={x}'
    """
    for name, value in filled.items():
        template = template.replace("{" + name + "}", value)
    return template


def _pages(
    session: httpx.Client, source: RestSource, filled: Mapping[str, str], retry: Retry
) -> Iterator[httpx.Response]:
    url: str | None = fill(source.location, filled)
    start = str(url)
    params: dict[str, str] | None = {k: fill(v, filled) for k, v in source.params.items()}
    paging = source.pagination
    if paging and paging.size_parameter and paging.size and params is not None:
        params[paging.size_parameter] = str(paging.size)
    if paging and paging.style in {"page", "offset"} and params is not None:
        params.setdefault(paging.parameter, "1" if paging.style == "page" else "0")
    seen: set[str] = set()
    bodies: set[str] = set()
    while url is not None:
        _once(seen, f"{url} {sorted((params or {}).items())}", start)
        response = _get(session, url, params, retry)
        yield response
        found = len(_rows(response.content, source))
        if found:
            # An endpoint that ignores the page parameter gives its first page for ever.
            _once(bodies, hashlib.sha256(response.content).hexdigest(), start)
        url, params = _next(source, response, url, params, found)
        _same_host(url, start)


def _get(
    session: httpx.Client, url: str, params: dict[str, str] | None, retry: Retry
) -> httpx.Response:
    def once() -> httpx.Response:
        response = session.get(url, params=params or None)
        accept(response, url)
        return response

    answer: httpx.Response = attempt_all(url, retry, once)
    return answer


def _next(
    source: RestSource,
    response: httpx.Response,
    url: str,
    params: dict[str, str] | None,
    found: int,
) -> tuple[str | None, dict[str, str] | None]:
    paging, end = source.pagination, (None, None)
    if paging is None:
        return end
    if paging.style == "link":
        link = response.links.get("next", {}).get("url")
        return (urljoin(str(response.url), link), None) if link else end
    params = dict(params or {})
    if paging.style == "cursor":
        cursor = _at(_json(response.content), paging.cursor or "next")
        if cursor in {None, "", False}:
            return end
        return url, params | {paging.parameter: str(cursor)}
    if found == 0 or (paging.size is not None and found < paging.size):
        return end
    step = 1 if paging.style == "page" else found
    return url, params | {paging.parameter: str(int(params[paging.parameter]) + step)}


def _rows(body: bytes, source: RestSource) -> list[Any]:
    rows = _at(_json(body), source.records) if source.records else _json(body)
    if not isinstance(rows, list):
        message = "An answer has no list of rows where the contract says."
        raise UnusableError.of(ReasonCode.MALFORMED, message)
    return rows


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        message = "An answer of the endpoint isn't JSON."
        raise UnusableError.of(ReasonCode.UNDECODABLE, message) from None


def _at(value: Any, path: str) -> Any:
    for part in path.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(part)
    return value


def _midway(fault: Fault) -> Fault:
    if fault.code != ReasonCode.SOURCE_MISSING:
        return fault
    return Fault(code=ReasonCode.TRUNCATED, message="A later page of the answer is missing.")


def _once(seen: set[str], step: str, start: str) -> None:
    if step in seen:
        raise InputError(
            "paging comes back to an earlier page",
            where=shown(start),
            do="Check the pagination in the contract's source.",
        )
    seen.add(step)


def _same_host(url: str | None, start: str) -> None:
    # The credentials go with every page; they aren't for another host.
    if url is not None and urlsplit(url)[:2] != urlsplit(start)[:2]:
        raise InputError(
            "paging leads to another host", where=shown(start), got=shown(url),
            do="Only pages of the contract's own host are followed.",
        )  # fmt: skip
