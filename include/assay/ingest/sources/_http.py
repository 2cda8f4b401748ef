"""HTTP with retries, back-off, and the wait that a server asks for."""

from __future__ import annotations

import datetime as dt
import email.utils
import random
import time
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from assay.contract import FilesSource, RestSource
from assay.errors import InputError
from assay.ingest._model import OriginalFile, UnusableError
from assay.ingest._original import keep
from assay.reasons import ReasonCode

NO_INPUT: Final = "The source has no input for this batch."
_MISSING: Final = {404, 410}
_AGAIN: Final = {408, 425, 429, 500, 502, 503, 504}
_COMPRESSED: Final = (".gz", ".zst")
_MOST_REDIRECTS: Final = 10
_BLOCK: Final = 1 << 20
_GZIP: Final = 16 + zlib.MAX_WBITS


@dataclass(frozen=True)
class Retry:
    """How often and how long to try again.

    Parameters
    ----------
    attempts : int
        Requests in all, the first included.
    first_wait, longest_wait : float
        Seconds; the wait doubles from the first to the longest, with jitter. A ``Retry-After`` of
        the server takes its place, but is never waited for longer than ``longest_wait``.
    timeout : float
        Seconds without a byte before a request is given up.
    sleep : callable
        Waits for some seconds.
    """

    attempts: int = 5
    first_wait: float = 0.5
    longest_wait: float = 60.0
    timeout: float = 60.0
    sleep: Callable[[float], None] = time.sleep

    def wait(self, attempt: int, headers: Mapping[str, str] | None = None) -> None:
        """Wait after a failed attempt (the first is 0)."""
        own = min(self.first_wait * 2**attempt, self.longest_wait) * random.uniform(0.5, 1)  # noqa: S311
        asked = retry_after((headers or {}).get("retry-after"))
        self.sleep(own if asked is None else min(asked, self.longest_wait))


def retry_after(value: str | None, now: dt.datetime | None = None) -> float | None:
    """Seconds that a ``Retry-After`` header asks for, in either of its forms; None for neither.

    Examples
    --------
    >>> retry_after("120")
    120.0
    >>> retry_after("soon") is None
    True
    """
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value)
    try:
        moment = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return max(0.0, (moment - (now or dt.datetime.now(dt.UTC))).total_seconds())


@contextmanager
def client(
    url: str, source: FilesSource | RestSource, credentials: Mapping[str, str], retry: Retry
) -> Iterator[httpx.Client]:
    """A client that signs in with ``token`` or ``username`` and ``password``.

    It asks the host of ``url`` and the hosts that the source declares; a redirect to another one is
    refused.
    """
    headers = {"Accept-Encoding": "identity"}
    if "token" in credentials:
        headers["Authorization"] = f"Bearer {credentials['token']}"
    auth = None
    if "username" in credentials and "token" not in credentials:
        auth = (credentials["username"], credentials.get("password", ""))
    with httpx.Client(
        headers=headers, auth=auth, timeout=retry.timeout, follow_redirects=True,
        max_redirects=_MOST_REDIRECTS, event_hooks={"request": [_within(url, source.hosts)]},
    ) as opened:  # fmt: skip
        yield opened


def _within(url: str, hosts: Collection[str]) -> Callable[[httpx.Request], None]:
    """A check of each request: it goes to a declared host, and not from https to http."""
    start = _parsed(url)
    own = {(start.host, _port(start)), (start.host, 443)}

    def check(request: httpx.Request) -> None:
        asked = request.url
        place = (asked.host, _port(asked))
        named = {f"{asked.host}:{_port(asked)}"} | ({asked.host} if asked.port is None else set())
        safe = asked.scheme == "https" or start.scheme == "http"
        if not safe or (place not in own and named.isdisjoint(hosts)):
            raise InputError(
                "the source redirects to a host that its contract doesn't declare",
                where=shown(url),
                got=f"{asked.scheme}://{asked.netloc.decode('ascii', 'replace')}",
                expected="the host of the location, or one of `hosts`; never from https to http",
                do="Name the host in `hosts` if it is the source's own.",
            )

    return check


def _parsed(url: str) -> httpx.URL:
    try:
        return httpx.URL(url)
    except httpx.InvalidURL:
        raise _no_url(url) from None


def _port(url: httpx.URL) -> int | None:
    return url.port or {"http": 80, "https": 443}.get(url.scheme)


def _no_url(url: str) -> InputError:
    return InputError("not a URL that can be fetched", where=shown(url)[:200])


def attempt_all(url: str, retry: Retry, once: Callable[[], Any]) -> Any:
    """Call ``once`` until it answers; it raises ``AgainError`` for an answer to try again."""
    seen: str = "no answer"
    for attempt in range(retry.attempts):
        try:
            return once()
        except AgainError as again:
            seen, headers = f"status {again.status}", again.headers
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            raise _no_url(url) from None
        except httpx.TransportError as exc:
            seen, headers = type(exc).__name__, None
        except httpx.TooManyRedirects:
            raise InputError(
                "the source redirects in a circle, or too often", where=shown(url),
                expected=f"at most {_MOST_REDIRECTS} redirects",
            ) from None  # fmt: skip
        if attempt + 1 < retry.attempts:
            retry.wait(attempt, headers)
    # Not an AssayError: the source may answer the task's next try.
    raise ConnectionError(f"{shown(url)} gave no usable answer in {retry.attempts} tries: {seen}")


class AgainError(Exception):
    """An answer that asks to come back later."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__(response.status_code)
        self.status = response.status_code
        self.headers = dict(response.headers)


def accept(response: httpx.Response, url: str) -> None:
    """Return for a success; else raise what the status means."""
    status = response.status_code
    if status in _MISSING:
        raise UnusableError.of(ReasonCode.SOURCE_MISSING, NO_INPUT)
    if status in _AGAIN:
        raise AgainError(response)
    if not response.is_success:
        raise InputError(
            "the source refuses the request",
            where=shown(url),
            got=f"status {status}",
            expected="a success",
            do="Check the location and the connection's credentials.",
        )


def download(
    url: str,
    target: Path,
    source: FilesSource,
    credentials: Mapping[str, str],
    retry: Retry,
) -> OriginalFile:
    """Keep the body of a URL as a file."""
    with client(url, source, credentials, retry) as session:

        def once() -> OriginalFile:
            target.unlink(missing_ok=True)
            with session.stream("GET", url) as response:
                accept(response, url)
                # A server may call a .gz file's own compression a content encoding; undoing it
                # would leave bytes that don't fit their name.
                raw = target.suffix in _COMPRESSED
                return keep(response.iter_raw() if raw else body(response), target,
                            source.max_bytes)  # fmt: skip

        kept: OriginalFile = attempt_all(url, retry, once)
        return kept


def body(response: httpx.Response) -> Iterator[bytes]:
    """The blocks of an answer without its content encoding, each of a bounded size."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding in {"", "identity"}:
        return response.iter_raw()
    if encoding in {"gzip", "x-gzip"}:
        return _inflated(response.iter_raw())
    raise InputError("the source encodes its answer, though it wasn't asked to",
                     got=encoding[:40], expected="no content encoding, or gzip")  # fmt: skip


def _inflated(blocks: Iterator[bytes]) -> Iterator[bytes]:
    stream = zlib.decompressobj(_GZIP)
    for block in blocks:
        left = block
        while left:
            try:
                yield stream.decompress(left, _BLOCK)
            except zlib.error:
                raise InputError("the source's content encoding isn't sound gzip") from None
            if stream.eof:
                left, stream = stream.unused_data, zlib.decompressobj(_GZIP)
            else:
                left = stream.unconsumed_tail


def shown(url: str) -> str:
    """A URL without user, query and fragment, which may hold secrets.

    Examples
    --------
    >>> shown("https://me:secret@host/path?token=secret#x")
    'https://host/path'
    """
    scheme, separator, rest = url.split("#", 1)[0].split("?", 1)[0].partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{separator}{host.rpartition('@')[2]}{slash}{path}" if separator else scheme
