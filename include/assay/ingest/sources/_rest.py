"""A paged REST endpoint: each page kept as it came, the rows of all pages as JSON lines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import httpx

from assay.contract import RestSource
from assay.errors import InputError
from assay.ingest._model import Fault, OriginalFile, UnusableError
from assay.ingest._original import keep
from assay.ingest.sources._http import Retry, accept, attempt_all, body, client, shown
from assay.reasons import ReasonCode

_PAGE: Final = "page-{:06d}.json"
_TOO_DEEP: Final = "An answer is nested too deep."


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
    start = fill(source.location, filled)
    with client(start, source, credentials, retry) as session:
        try:
            for page in _pages(_Pages(session, source, folder, retry), start, filled):
                files.append(page.file)
        except UnusableError as unusable:
            if not files:
                raise
            return tuple(files), tuple(_midway(fault) for fault in unusable.faults)
    return tuple(files), ()


def write_records(pages: Iterable[Path], source: RestSource, target: Path) -> None:
    """Write the rows of kept pages, in order, as JSON lines.

    Raises
    ------
    UnusableError
        If a page isn't JSON, has no list of objects where the contract says, or holds what can't
        be written as UTF-8.
    """
    with target.open("w", encoding="utf-8") as file:
        for path in pages:
            for record in _rows(_json(path), source):
                file.write(_line(record))


def _line(record: Any) -> str:
    if not isinstance(record, dict):
        message = "A row of the answer isn't a JSON object."
        raise UnusableError.of(ReasonCode.MALFORMED, message)
    try:
        line = json.dumps(record, ensure_ascii=False) + "\n"
        line.encode()
    except RecursionError:
        raise UnusableError.of(ReasonCode.MALFORMED, _TOO_DEEP) from None
    except UnicodeEncodeError:
        message = "An answer has half a character (a lone surrogate)."
        raise UnusableError.of(ReasonCode.UNDECODABLE, message) from None
    return line


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


@dataclass(frozen=True)
class _Page:
    """A page as it was kept, where it came from, and the next page that its header links."""

    file: OriginalFile
    path: Path
    url: str
    link: str | None


@dataclass
class _Pages:
    """Keeps one page after the other, all of them within the source's bytes."""

    session: httpx.Client
    source: RestSource
    folder: Path
    retry: Retry
    kept: int = 0
    bytes: int = 0

    def get(self, url: str, params: dict[str, str] | None) -> _Page:
        """Stream a page to its file, cut off at the limit."""
        path = self.folder / _PAGE.format(self.kept + 1)
        most = self.source.max_bytes

        def once() -> _Page:
            path.unlink(missing_ok=True)
            with self.session.stream("GET", url, params=params or None) as response:
                accept(response, url)
                file = keep(body(response), path, None if most is None else most - self.bytes)
                link = response.links.get("next", {}).get("url")
            return _Page(file, path, str(response.url), link)

        page: _Page = attempt_all(url, self.retry, once)
        self.kept, self.bytes = self.kept + 1, self.bytes + page.file.bytes
        return page


def _pages(pages: _Pages, start: str, filled: Mapping[str, str]) -> Iterator[_Page]:
    source = pages.source
    url: str | None = start
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
        page = pages.get(url, params)
        yield page
        content = _json(page.path)
        found = len(_rows(content, source))
        if found:
            # An endpoint that ignores the page parameter gives its first page for ever.
            _once(bodies, page.file.sha256, start)
        url, params = _next(source, page, content, url, params, found)
        _same_host(url, start)


def _next(
    source: RestSource,
    page: _Page,
    content: Any,
    url: str,
    params: dict[str, str] | None,
    found: int,
) -> tuple[str | None, dict[str, str] | None]:
    paging, end = source.pagination, (None, None)
    if paging is None:
        return end
    if paging.style == "link":
        return (_joined(page), None) if page.link else end
    params = dict(params or {})
    if paging.style == "cursor":
        cursor = _cursor(_at(content, paging.cursor or "next"))
        return (url, params | {paging.parameter: cursor}) if cursor else end
    if found == 0 or (paging.size is not None and found < paging.size):
        return end
    step = 1 if paging.style == "page" else found
    return url, params | {paging.parameter: str(_number(params, paging.parameter) + step)}


def _joined(page: _Page) -> str:
    try:
        return urljoin(page.url, page.link or "")
    except ValueError:
        message = "An answer links a next page whose address can't be one."
        raise UnusableError.of(ReasonCode.MALFORMED, message) from None


def _cursor(value: Any) -> str | None:
    """The next cursor as text; None where there is no further page."""
    if value in (None, "", False):
        return None
    if isinstance(value, str | int | float):
        return str(value)
    message = "An answer's cursor is neither a text nor a number."
    raise UnusableError.of(ReasonCode.MALFORMED, message)


def _number(params: Mapping[str, str], name: str) -> int:
    try:
        return int(params[name])
    except ValueError:
        raise InputError("isn't a whole number", where=f"source.params.{name}",
                         got=params[name]) from None  # fmt: skip


def _rows(content: Any, source: RestSource) -> list[Any]:
    rows = _at(content, source.records) if source.records else content
    if not isinstance(rows, list):
        message = "An answer has no list of rows where the contract says."
        raise UnusableError.of(ReasonCode.MALFORMED, message)
    return rows


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except ValueError:
        message = "An answer of the endpoint isn't JSON."
        raise UnusableError.of(ReasonCode.UNDECODABLE, message) from None
    except RecursionError:
        raise UnusableError.of(ReasonCode.MALFORMED, _TOO_DEEP) from None


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
    if url is not None and url != start and _origin(url) != _origin(start):
        raise InputError(
            "paging leads to another host", where=shown(start), got=shown(url),
            do="Only pages of the contract's own host are followed.",
        )  # fmt: skip


def _origin(url: str) -> tuple[str, str] | None:
    try:
        return urlsplit(url)[:2]
    except ValueError:
        return None
