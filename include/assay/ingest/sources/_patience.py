"""How long a source is asked: waits between tries, and one deadline for the whole batch."""

from __future__ import annotations

import datetime as dt
import email.utils
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from assay.contract import FilesSource, RestSource


@dataclass(frozen=True)
class Retry:
    """How long to wait before a request is tried again.

    Parameters
    ----------
    first_wait, longest_wait : float
        Seconds; the wait doubles from the first to the longest, with jitter. A ``Retry-After`` of
        the server takes its place.
    sleep : callable
        Waits for some seconds.
    """

    first_wait: float = 0.5
    longest_wait: float = 60.0
    sleep: Callable[[float], None] = time.sleep

    def wait(self, attempt: int, headers: Mapping[str, str], left: float) -> bool:
        """Wait after a failed attempt (the first is 0); False if more than ``left`` is asked."""
        own = min(self.first_wait * 2**attempt, self.longest_wait) * random.uniform(0.5, 1)  # noqa: S311
        asked = retry_after(headers.get("retry-after"))
        seconds = own if asked is None else asked
        if seconds >= left:
            return False
        self.sleep(seconds)
        return True


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


@dataclass
class Patience:
    """The time and the tries that a source's contract allows for one batch.

    At the deadline every open connection is cut, so that a server which sends a byte now and then
    keeps nobody waiting: a time-out between two bytes never ends such an answer.
    """

    source: FilesSource | RestSource
    retry: Retry
    _end: float = 0.0
    _sockets: list[Any] = field(default_factory=list)

    @contextmanager
    def running(self) -> Iterator[Patience]:
        """Count the time from now on."""
        self._end = time.monotonic() + self.source.max_seconds
        timer = threading.Timer(self.source.max_seconds, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield self
        finally:
            timer.cancel()

    @property
    def left(self) -> float:
        """Seconds until the deadline; 0 from then on."""
        return max(0.0, self._end - time.monotonic())

    def waited(self, attempt: int, headers: Mapping[str, str]) -> bool:
        """Wait after a failed attempt; False if the server asks for more than what is left."""
        return self.retry.wait(attempt, headers, self.left)

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Remember a connection when it opens (httpcore's ``trace`` extension)."""
        if event.endswith("connect_tcp.complete"):
            self._sockets.append(info["return_value"].get_extra_info("socket"))
            if not self.left:
                self._cut()

    def _cut(self) -> None:
        for opened in self._sockets:
            with suppress(OSError):  # it is closed already
                socket.socket.shutdown(opened, socket.SHUT_RDWR)
