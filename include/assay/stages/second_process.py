"""A second process that gets ready for work to come while this one does other work.

Importing what is needed at the end of a command may take seconds, in which another core is idle.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

T = TypeVar("T")


class SecondProcess:
    """A copy of this process that gets ready, and then does what it is asked.

    Use it as a context: at its end the process is stopped. Where a copy can't be made safely (this
    process has several threads, or isn't on Linux), or the copy has ended, the work is done in this
    process: only its speed differs.

    Parameters
    ----------
    get_ready : callable
        Called at once in the other process. An error in it is no failure: the work itself raises.

    Examples
    --------
    >>> with SecondProcess(lambda: None) as second:
    ...     second.call(divmod, 7, 2)
    (3, 1)
    """

    def __init__(self, get_ready: Callable[[], object]) -> None:
        self._process: BaseProcess | None = None
        if _one_thread():
            context = multiprocessing.get_context("fork")
            self._calls, theirs = context.Pipe()
            self._process = context.Process(
                target=_answer, args=(theirs, self._calls, get_ready), daemon=True
            )
            self._process.start()
            theirs.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.join()
            self._calls.close()

    def call(self, function: Callable[..., T], *arguments: object) -> T:
        """Call a function of a module in the other process; what it raises is raised here."""
        if self._process is None:
            return function(*arguments)
        try:
            self._calls.send((function, arguments))
            error, found = self._calls.recv()
        except Exception:  # it has ended, or something can't be sent
            return function(*arguments)
        if error is not None:
            raise error
        result: T = found
        return result

    def begin(self, function: Callable[[], object]) -> None:
        """Let the other process get ready for more; nothing waits for it here."""
        if self._process is not None:
            with suppress(OSError):  # it has ended
                self._calls.send((function, None))


def _one_thread() -> bool:
    """Whether this process has one thread, the libraries' own counted, so that a copy is whole."""
    try:
        return len(list(Path("/proc/self/task").iterdir())) == 1
    except OSError:
        return False


def _answer(calls: Connection, other_end: Connection, get_ready: Callable[[], object]) -> None:
    """What the other process does until it is stopped, or nobody can ask it any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that asks stops this one
    other_end.close()
    _prepare(get_ready)
    with suppress(EOFError):
        while True:
            function, arguments = calls.recv()
            if arguments is None:
                _prepare(function)
            else:
                calls.send(_done(function, arguments))


def _prepare(get_ready: Callable[[], object]) -> None:
    with suppress(Exception):  # the work that needs it raises the same
        get_ready()


def _done(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[Any, Any]:
    try:
        return None, function(*arguments)
    except Exception as error:
        return error, None
