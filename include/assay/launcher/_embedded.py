"""Start, stop and inspect the four processes of a home."""

from __future__ import annotations

import errno
import fcntl
import importlib.metadata
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from assay.errors import AssayError
from assay.lake import write_text
from assay.launcher._home import Places
from assay.launcher._ports import Ports, find_ports, read_record
from assay.launcher._processes import Supervised, start, stop, tail
from assay.launcher._settings import environment

COMPONENTS = ("api-server", "scheduler", "dag-processor", "triggerer")
_GRACE_S = 20.0
_STARTS = 3


@dataclass(frozen=True)
class EmbeddedAirflow:
    """The state of an embedded Airflow. Read ``healthy`` first.

    Parameters
    ----------
    url : str or None
        Address of UI and API, None if it was never started.
    processes : mapping of str to int or None
        Component → process id, None where it doesn't run.
    healthy : bool
        Every component runs, and has sent a heartbeat since it was started.
    passwords, logs : Path
        The file (0600) with the users' passwords; the folder with the processes' logs.
    kept : bool
        It continues after its caller ends. Otherwise the caller stops it.
    """

    home: Path
    url: str | None
    processes: Mapping[str, int | None]
    healthy: bool
    passwords: Path
    logs: Path
    kept: bool

    @property
    def running(self) -> bool:
        """Whether any of the four runs."""
        return any(self.processes.values())


def up(home: Path | str, *, patience_s: float = 180.0, keep: bool = True) -> EmbeddedAirflow:
    """Start this home's Airflow, or find it running, and wait until it is healthy.

    Processes that an earlier start left behind are stopped first. The database is migrated once
    for each version of Airflow.

    Parameters
    ----------
    home : Path or str
        ``ASSAY_HOME``; made if it isn't there.
    patience_s : float
        Seconds to wait for health.
    keep : bool
        Whether it continues when the caller has ended. A later caller can't take this back.

    Raises
    ------
    AssayError
        If a process ends, or Airflow isn't healthy in time. All that was started is stopped again.
    """
    places = Places.below(home)
    with _alone(places) as lock:
        now = _look(places)
        if now.healthy:
            return _keep(places, now) if keep else now
        keep = keep or (now.running and now.kept)
        _stop_all(places)
        _migrate(places, lock)
        for _ in range(_STARTS - 1):
            with suppress(_PortTakenError):
                return _start_all(places, patience_s, keep=keep)
        return _start_all(places, patience_s, keep=keep)


def down(home: Path | str) -> bool:
    """Stop this home's Airflow in order: TERM, wait, then KILL for processes that remain.

    A running task may finish within the grace period.

    Returns
    -------
    bool
        Whether anything was running.
    """
    places = Places.below(home)
    with _alone(places):
        return _stop_all(places)


def status(home: Path | str) -> EmbeddedAirflow:
    """Inspect this home's Airflow; nothing is changed."""
    return _look(Places.below(home))


def run_airflow(
    home: Path | str, *arguments: str, pass_fds: Sequence[int] = ()
) -> subprocess.CompletedProcess[str]:
    """Run a command of Airflow on this home, and capture its output.

    Parameters
    ----------
    pass_fds : sequence of int
        Open files that the command inherits.

    Raises
    ------
    AssayError
        If the command fails. The message has its last lines.
    """
    done = subprocess.run(
        [*_airflow(), *arguments], env=environment(home), stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False, pass_fds=pass_fds,
    )  # fmt: skip
    if done.returncode != 0:
        last = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
        what = f"a command of Airflow failed (exit {done.returncode}):\n{last}\n"
        raise AssayError(what, where="airflow " + " ".join(arguments[:2]))
    return done


class _PortTakenError(AssayError):
    """Another process took a port after it was found free."""


@contextmanager
def _alone(places: Places) -> Iterator[int]:
    """Hold the lock of a home's starts and stops; yield its file descriptor."""
    places.make()
    with places.lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()


def _airflow() -> Sequence[str]:
    # -P: modules of the working folder must not shadow others.
    return (sys.executable, "-P", "-m", "airflow")


def _recorded(places: Places) -> list[Supervised]:
    return [Supervised(**entry) for entry in read_record(places.record).get("processes", ())]


def _write_record(
    places: Places, ports: Ports, processes: Sequence[Supervised], *, keep: bool
) -> None:
    started = [asdict(p) for p in processes]
    content = {"ports": asdict(ports), "processes": started, "kept": keep}
    write_text(places.record, json.dumps(content))


def _keep(places: Places, embedded: EmbeddedAirflow) -> EmbeddedAirflow:
    ports = Ports.load(places.record)
    if ports is not None and not embedded.kept:
        _write_record(places, ports, _recorded(places), keep=True)
    return replace(embedded, kept=True)


def _look(places: Places) -> EmbeddedAirflow:
    processes = {p.name: p for p in _recorded(places)}
    alive = {name: p for name, p in processes.items() if p.alive}
    ports = Ports.load(places.record)
    healthy = ports is not None and len(alive) == len(COMPONENTS) and _healthy(ports, alive)
    return EmbeddedAirflow(
        home=places.home,
        url=ports.url if ports else None,
        processes={n: alive[n].pid if n in alive else None for n in COMPONENTS},
        healthy=healthy,
        passwords=places.passwords,
        logs=places.logs,
        kept=bool(read_record(places.record).get("kept")),
    )


def _healthy(ports: Ports, processes: Mapping[str, Supervised]) -> bool:
    import httpx

    try:
        answer = httpx.get(f"{ports.url}/api/v2/monitor/health", trust_env=False, timeout=5)
        said = answer.json() if answer.is_success else {}
    except (httpx.HTTPError, ValueError):
        return False
    return all(_beats(said, name, processes[name]) for name in COMPONENTS if name != "api-server")


def _beats(said: Mapping[str, object], name: str, process: Supervised) -> bool:
    """Whether a component is healthy, by a heartbeat that this process sent."""
    key = name.replace("-", "_")
    part = said.get(key)
    if not isinstance(part, dict) or part.get("status") != "healthy":
        return False
    beat = part.get(f"latest_{key}_heartbeat")
    return beat is not None and datetime.fromisoformat(beat).timestamp() >= process.started


def _stop_all(places: Places) -> bool:
    known, ports = _recorded(places), Ports.load(places.record)
    # The scheduler first: its tasks report their end to the API server.
    first = stop([p for p in known if p.name == "scheduler"], _GRACE_S)
    rest = stop([p for p in known if p.name != "scheduler"], _GRACE_S)
    if ports is not None:
        _write_record(places, ports, [], keep=False)
    return first or rest


def _migrate(places: Places, lock: int) -> None:
    env = environment(places.home)
    url = urlsplit(env["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"])
    wanted = {
        "airflow": importlib.metadata.version("apache-airflow"),
        "database": f"{url.scheme}://{url.hostname or ''}:{url.port or ''}{url.path}",
    }
    fresh = url.scheme.startswith("sqlite") and not Path(url.path[1:]).exists()
    marked = places.migrated.exists() and json.loads(places.migrated.read_text("utf-8")) == wanted
    if marked and not fresh:
        return
    # The command has the lock too: if this process is killed, the next start waits for it.
    run_airflow(places.home, "db", "migrate", pass_fds=(lock,))
    places.migrated.write_text(json.dumps(wanted), encoding="utf-8")


def _start_all(places: Places, patience_s: float, *, keep: bool) -> EmbeddedAirflow:
    ports = find_ports(Ports.load(places.record))
    _write_record(places, ports, [], keep=keep)
    env = environment(places.home)
    processes: list[Supervised] = []

    def record(process: Supervised) -> None:
        processes.append(process)
        _write_record(places, ports, processes, keep=keep)

    try:
        for name in COMPONENTS:
            log = places.process_log(name)
            log.write_bytes(b"")
            start(name, [*_airflow(), name], env, log, record)
        return _await_health(places, processes, patience_s)
    except BaseException:
        _stop_all(places)
        raise


def _await_health(
    places: Places, processes: Sequence[Supervised], patience_s: float
) -> EmbeddedAirflow:
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        for process in processes:
            if not process.alive:
                raise _died(places, process)
        embedded = _look(places)
        if embedded.healthy:
            return embedded
        time.sleep(0.25)
    what = f"Airflow wasn't healthy within {patience_s:.0f} s"
    raise AssayError(what, where=str(places.logs), do="Read the logs there.")


def _died(places: Places, process: Supervised) -> AssayError:
    log = places.process_log(process.name)
    last = tail(log)
    kind = _PortTakenError if os.strerror(errno.EADDRINUSE).lower() in last.lower() else AssayError
    return kind(f"Airflow's {process.name} ended right after its start:\n{last}\n", where=str(log))
