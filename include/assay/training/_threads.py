"""Threads: as many as help, and never so that their number shows in a result."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

_THREADED: Final = frozenset({"HistGradientBoostingClassifier", "HistGradientBoostingRegressor"})
"""Estimators whose result doesn't depend on the number of OpenMP's threads: each thread builds
the histograms of whole features, and no sum is divided between threads."""
_MANY: Final = 50_000
"""Rows from which threads help: with fewer they wait for each other longer than they work."""


@contextmanager
def one_result(estimator: str | None, rows: int) -> Iterator[None]:
    """Fit with one thread, or with those that are idle where their number can't show."""
    from threadpoolctl import threadpool_limits

    threads = idle_threads() if estimator in _THREADED and rows >= _MANY else 1
    with threadpool_limits(limits={"blas": 1, "openmp": threads}):
        yield


def idle_threads() -> int:
    """Threads that find a core of their own now, at least one.

    OpenMP's threads spin while they wait for each other: on a machine whose cores are taken a fit
    with two threads took a hundred times as long as with one.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, int((cores or 1) - max(_load(), _others_now()) + 0.5))


def _load() -> float:
    """Processes that wanted a core over the last minute, in the mean."""
    try:
        return os.getloadavg()[0]
    except OSError:
        return 0.0


def _others_now() -> int:
    """Threads other than this one that want a core at this moment; 0 where it isn't known."""
    try:
        running = Path("/proc/loadavg").read_text(encoding="ascii").split()[3]
        return int(running.partition("/")[0]) - 1
    except (OSError, ValueError, IndexError):
        return 0


def without_threads(pipeline: Any) -> Any:
    """The same fitted pipeline, without the number of threads that gradient boosting keeps."""
    binned = getattr(pipeline[-1], "_bin_mapper", None)
    if binned is not None:
        binned.n_threads = 1
    return pipeline
