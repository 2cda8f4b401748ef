"""HTTP within declared hosts, tried again as the source's contract and the server allow."""

from __future__ import annotations

import logging
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from assay.contract import FilesSource, RestSource
from assay.errors import InputError
from assay.ingest._model import NO_INPUT, OriginalFile, UnusableError
from assay.ingest._original import keep
from assay.ingest.sources._patience import Patience, Retry
from assay.ingest.sources._sign_in import SignIn
from assay.ingest.sources._urls import no_url, own_host, parsed, port, shown
from assay.reasons import ReasonCode

_MISSING: Final = {404, 410}
_AGAIN: Final = {408, 425, 429, 500, 502, 503, 504}
_COMPRESSED: Final = (".gz", ".zst")
_MOST_REDIRECTS: Final = 10
_BLOCK: Final = 1 << 20
_GZIP: Final = 16 + zlib.MAX_WBITS


@dataclass(frozen=True)
class Client:
    """An opened source: requests to its hosts, signed for its own, within its time."""

    session: httpx.Client
    patience: Patience

    @contextmanager
    def get(self, url: str) -> Iterator[httpx.Response]:
        """One request, its body not yet read."""
        traced = {"trace": self.patience.trace}
        with self.session.stream("GET", url, extensions=traced) as response:
            yield response

    def attempt(self, url: str, once: Callable[[], Any]) -> Any:
        """Call ``once`` until it answers; it raises ``AgainError`` for an answer to try again.

        Raises
        ------
        ConnectionError
            If the tries or the time of the source's contract are over.
        InputError
            If the address is none, or redirects in a circle.
        """
        return _attempt(url, self.patience, once)


@contextmanager
def client(
    url: str, source: FilesSource | RestSource, credentials: Mapping[str, str], retry: Retry
) -> Iterator[Client]:
    """A client of the host of ``url`` and the hosts that the source declares.

    A redirect to another host is refused. Credentials go to the host of ``url`` only.
    """
    patience = Patience(source, retry)

    def post(to: str, form: Mapping[str, str], headers: Mapping[str, str]) -> httpx.Response:
        def once() -> httpx.Response:
            traced = {"trace": patience.trace}
            with httpx.Client(timeout=source.timeout_seconds) as asking:
                answer = asking.post(to, data=dict(form), headers=headers, extensions=traced)
            if answer.status_code in _AGAIN:
                raise AgainError(answer)
            return answer

        found: httpx.Response = _attempt(to, patience, once)
        return found

    sign_in = SignIn(url, credentials, post)
    with patience.running(), httpx.Client(
        headers={"Accept-Encoding": "identity"}, auth=sign_in, timeout=source.timeout_seconds,
        follow_redirects=True, max_redirects=_MOST_REDIRECTS,
        event_hooks={"request": [_within(url, source.hosts), sign_in.keep_home]},
    ) as session:  # fmt: skip
        yield Client(session, patience)


def _within(url: str, hosts: Collection[str]) -> Callable[[httpx.Request], None]:
    """A check of each request: it goes to a declared host, and not from https to http."""
    start = parsed(url)

    def check(request: httpx.Request) -> None:
        asked = request.url
        named = {f"{asked.host}:{port(asked)}"} | ({asked.host} if asked.port is None else set())
        safe = asked.scheme == "https" or start.scheme == "http"
        if not own_host(asked, start) and (not safe or named.isdisjoint(hosts)):
            raise InputError(
                "the source leads to a host that its contract doesn't declare",
                where=shown(url),
                got=f"{asked.scheme}://{asked.netloc.decode('ascii', 'replace')}",
                expected="the host of the location, or one of `hosts`; never from https to http",
                do="Name the host in `hosts` if it is the source's own.",
            )

    return check


def _attempt(url: str, patience: Patience, once: Callable[[], Any]) -> Any:
    seen, attempts = "no answer", patience.source.max_attempts
    for attempt in range(attempts):
        headers: Mapping[str, str] = {}
        try:
            answer = once()
            # What is cut at the deadline may look like an answer that has ended.
            if patience.left:
                return answer
        except AgainError as busy:
            seen, headers = f"status {busy.status}", busy.headers
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            raise no_url(url) from None
        except httpx.TransportError as exc:
            seen = type(exc).__name__
        except httpx.TooManyRedirects:
            raise InputError(
                "the source redirects in a circle, or too often", where=shown(url),
                expected=f"at most {_MOST_REDIRECTS} redirects",
            ) from None  # fmt: skip
        again = attempt + 1 < attempts
        if not patience.left or (again and not patience.waited(attempt, headers)):
            raise _too_late(url, patience, seen, headers.get("retry-after"))
    # Not an AssayError: the source may answer the task's next try.
    raise ConnectionError(f"{shown(url)} gave no usable answer in {attempts} tries: {seen}")


def _too_late(url: str, patience: Patience, seen: str, asked: str | None) -> ConnectionError:
    most = patience.source.max_seconds
    if patience.left and asked:
        seen += f", and asks to come back after {asked[:40]}"
    return ConnectionError(
        f"{shown(url)}: the batch isn't whole within the {most} seconds of maxSeconds ({seen})"
    )


class AgainError(Exception):
    """An answer that asks to come back later."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__(response.status_code)
        self.status = response.status_code
        self.headers = response.headers


def accept(response: httpx.Response, url: str) -> None:
    """Return for a success; else raise what the status means."""
    status = response.status_code
    if status in _MISSING:
        raise UnusableError.of(ReasonCode.SOURCE_MISSING, NO_INPUT)
    if status in _AGAIN:
        raise AgainError(response)
    if not response.is_success:
        raise InputError(
            f"the source refuses the request: {status}",
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
    with client(url, source, credentials, retry) as opened:

        def once() -> OriginalFile:
            target.unlink(missing_ok=True)
            with opened.get(url) as response:
                accept(response, url)
                # A server may call a .gz file's own compression a content encoding; undoing it
                # would leave bytes that don't fit their name.
                raw = target.suffix in _COMPRESSED
                return keep(response.iter_raw() if raw else body(response), target,
                            source.max_bytes)  # fmt: skip

        kept: OriginalFile = opened.attempt(url, once)
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
    stream, whole = zlib.decompressobj(_GZIP), True
    for block in blocks:
        left, whole = block, False
        while left:
            try:
                yield stream.decompress(left, _BLOCK)
            except zlib.error:
                raise InputError("the source's content encoding isn't sound gzip") from None
            whole = stream.eof
            if whole:
                left, stream = stream.unused_data, zlib.decompressobj(_GZIP)
            else:
                left = stream.unconsumed_tail
    if not whole:
        raise httpx.RemoteProtocolError("the content encoding breaks off")


def _without_query(record: logging.LogRecord) -> bool:
    """Log the addresses that httpx asks without their queries, where a key may be."""
    if isinstance(record.args, tuple):
        record.args = tuple(shown(str(a)) if isinstance(a, httpx.URL) else a for a in record.args)
    return True


logging.getLogger("httpx").addFilter(_without_query)
