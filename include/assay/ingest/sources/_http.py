"""HTTP with retries, back-off, and the wait that a server asks for."""

from __future__ import annotations

import datetime as dt
import email.utils
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from assay.errors import InputError
from assay.ingest._model import OriginalFile, UnusableError
from assay.ingest._original import keep
from assay.reasons import ReasonCode

NO_INPUT: Final = "The source has no input for this batch."
_MISSING: Final = {404, 410}
_AGAIN: Final = {408, 425, 429, 500, 502, 503, 504}
_COMPRESSED: Final = (".gz", ".zst")


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
def client(credentials: Mapping[str, str], retry: Retry) -> Iterator[httpx.Client]:
    """A client that signs in with ``token`` or ``username`` and ``password``."""
    headers = {"Accept-Encoding": "identity"}
    if "token" in credentials:
        headers["Authorization"] = f"Bearer {credentials['token']}"
    auth = None
    if "username" in credentials and "token" not in credentials:
        auth = (credentials["username"], credentials.get("password", ""))
    with httpx.Client(
        headers=headers, auth=auth, timeout=retry.timeout, follow_redirects=True
    ) as opened:
        yield opened


def attempt_all(url: str, retry: Retry, once: Callable[[], Any]) -> Any:
    """Call ``once`` until it answers; it raises ``AgainError`` for an answer to try again."""
    seen: str = "no answer"
    for attempt in range(retry.attempts):
        try:
            return once()
        except AgainError as again:
            seen, headers = f"status {again.status}", again.headers
        except httpx.TransportError as exc:
            seen, headers = type(exc).__name__, None
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            raise InputError("not a URL that can be fetched", where=shown(url)) from None
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
    credentials: Mapping[str, str],
    retry: Retry,
    max_bytes: int | None,
) -> OriginalFile:
    """Keep the body of a URL as a file."""
    with client(credentials, retry) as session:

        def once() -> OriginalFile:
            target.unlink(missing_ok=True)
            with session.stream("GET", url) as response:
                accept(response, url)
                # A server may call a .gz file's own compression a content encoding; undoing it
                # would leave bytes that don't fit their name.
                raw = target.suffix in _COMPRESSED or "content-encoding" not in response.headers
                blocks = response.iter_raw() if raw else response.iter_bytes()
                return keep(blocks, target, max_bytes)

        kept: OriginalFile = attempt_all(url, retry, once)
        return kept


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
