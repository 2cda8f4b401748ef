"""Kill a train at chosen points, run it again, and compare with a run that nothing disturbed.

Run as a script: ``python kills.py POINTS SEED [JOURNEY [DELIVERIES]]``. A journey is a module that
says what is killed; DELIVERIES asks for its first ones alone. Every run is a fork of this process,
which only imports. A point is one of three kinds: a *boundary* between two stages, an *event* (the
process is killed just before it opens a file to write, renames, removes, starts Git, talks to the
database or commits) or a *moment* after an event, at which the process and its Gits are killed from
outside.
"""

from __future__ import annotations

import importlib
import json
import os
import pickle
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
journey: Any = importlib.import_module("".join(sys.argv[3:4]) or "journey")
DELIVERIES = range(int("".join(sys.argv[4:5]) or len(journey.DELIVERIES)))

SPEAKS = frozenset({
    "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.chmod", "shutil.rmtree",
    "shutil.copyfile", "tempfile.mkdtemp", "tempfile.mkstemp", "subprocess.Popen",
    "sqlite3.connect",
})  # fmt: skip
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND
HOW = ("again", "retry", "takeover")
LONGEST = 20


def _edge(label: str) -> bool:
    return label.startswith("boundary")


@dataclass(frozen=True)
class Point:
    """Where a run dies: at an event of a stage, and how it is then taken up again.

    ``wait`` is None for a death at the event itself, else the seconds after it.
    """

    stage: str
    event: int
    label: str
    wait: float | None
    how: str

    @property
    def edge(self) -> bool:
        """Whether it is a boundary between stages."""
        return _edge(self.label)

    def is_here(self, stage: str, number: int, label: str) -> bool:
        """Whether an event is this one; a boundary is known by its name, however many before it."""
        here = label == self.label if self.edge else number == self.event
        return here and stage == self.stage

    def __str__(self) -> str:
        kind = "at" if self.wait is None else f"{1000 * self.wait:.0f} ms after"
        return f"{kind} {self.event} of {self.stage} ({self.label}), then {self.how}"


@dataclass(frozen=True)
class Chain:
    """A delivery whose run dies again and again, each time further on, and then isn't disturbed."""

    delivery: int
    points: tuple[Point, ...]

    def __str__(self) -> str:
        return f"delivery {self.delivery}: " + "; ".join(map(str, self.points))


class Events:
    """Hears what a run does to the world, and calls back at one event of one stage."""

    def __init__(self, at: Point | None, then: Callable[[], None]) -> None:
        self.at, self.then = at, then
        self.stage, self.number = "", 0
        self.seen: list[tuple[str, int, str]] = []

    def mark(self, boundary: str) -> None:
        if boundary.endswith(">"):
            self.stage, self.number = boundary.split(maxsplit=1)[0], 0
        self._count(f"boundary {boundary}")

    def watch(self) -> None:
        from sqlalchemy import Engine, event

        sys.addaudithook(self._hear)
        event.listen(Engine, "commit", lambda _: self._count("commit"))

    def _hear(self, event: str, args: tuple[Any, ...]) -> None:
        if event in SPEAKS or (event == "open" and _opens_to_write(args)):
            self._count(event)

    def _count(self, label: str) -> None:
        self.number += 1
        self.seen.append((self.stage, self.number, label))
        if self.at and self.at.is_here(self.stage, self.number, label):
            self.then()


def _opens_to_write(args: tuple[Any, ...]) -> bool:
    path, _, flags = args
    return isinstance(path, (str, bytes, os.PathLike)) and bool(flags & _WRITES)


def fork(work: Callable[[], Any]) -> int:
    """Start work in a child of its own group; its exit code is 0, or 1 with a traceback."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        os.setpgid(0, 0)
        work()
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def start(work: Callable[[], Any]) -> tuple[int, Path]:
    """Begin work in a child, which leaves its value in a file."""
    path = Path(tempfile.mkdtemp(prefix="value-")) / "value"
    return fork(lambda: path.write_bytes(pickle.dumps(work()))), path


def collect(begun: tuple[int, Path]) -> Any:
    """The value of work that was begun in a child, once it has ended."""
    child, path = begun
    try:
        if os.waitpid(child, 0)[1]:
            raise RuntimeError("a run that nothing disturbed failed")
        return pickle.loads(path.read_bytes())
    finally:
        shutil.rmtree(path.parent)


def call(work: Callable[[], Any]) -> Any:
    """The value of work that was done in a child."""
    return collect(start(work))


def run_until(site: journey.Site, delivery: int, point: Point, how: dict[str, Any]) -> bool:
    """Run a delivery and let it die at the point; whether it did."""
    reader, writer = os.pipe()

    def die() -> None:
        if point.wait is None:
            os.kill(os.getpid(), signal.SIGKILL)
        os.write(writer, b"x")

    def work() -> None:
        events = Events(point, die)
        events.watch()
        journey.deliver(site, delivery, mark=events.mark, **how)

    child = fork(work)
    os.close(writer)
    if point.wait is not None and os.read(reader, 1):
        time.sleep(point.wait)
        with suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
    os.close(reader)
    status = os.waitpid(child, 0)[1]
    if status and not os.WIFSIGNALED(status):
        raise RuntimeError(f"the run ended in an error, disturbed {point}")
    # What a killed Git left locked counts as abandoned after a minute: let it pass.
    for lock in (site.home / "registry" / "git").rglob("*.lock"):
        with suppress(FileNotFoundError):
            os.utime(lock, (time.time() - 120,) * 2)
    return os.WIFSIGNALED(status)


def follow(before: Path, chain: Chain, wanted: dict[str, Any]) -> tuple[list[Point], list[str]]:
    """At which points the runs of a chain died, and what differs in the end."""
    folder = Path(tempfile.mkdtemp(prefix="killed-"))
    died: list[Point] = []
    twice: Counter[str] = Counter()
    how: dict[str, Any] = {"run_id": "first", "now": journey.NOW, "resume": False}
    try:
        shutil.copytree(before, folder / "site", symlinks=True)
        site = journey.Site(folder / "site")
        for point in chain.points:
            if run_until(site, chain.delivery, point, how):
                died.append(point)
                how = _next(how, point)
                if point.stage == "notify":
                    twice.update(call(lambda: journey.unmarked(site)))
        return died, call(lambda: _ended(site, chain, how, wanted, twice))
    except RuntimeError as error:
        return died, [str(error)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _next(how: dict[str, Any], point: Point) -> dict[str, Any]:
    """How the next run takes up what this one left."""
    if point.how != "takeover":
        return {**how, "resume": point.how == "retry"}
    later = how["now"] + timedelta(minutes=11)
    return {"run_id": f"after {how['run_id']}", "now": later, "resume": False}


def _ended(
    site: journey.Site, chain: Chain, how: dict[str, Any], wanted: dict[str, Any], twice: Any
) -> list[str]:
    """Run to the end undisturbed; what differs then."""
    journey.deliver(site, chain.delivery, **how)
    journey.flush(site)
    faults = journey.differences(journey.state_of(site), wanted["state"])
    told, most = Counter(site.sent), Counter(wanted["sent"]) + twice
    faults += [f"not sent: {k}" for k in wanted["sent"] if not told[k]]
    return faults + [f"sent {n} times: {k}" for k, n in told.items() if n > most[k]]


def record(site: journey.Site, number: int) -> list[tuple[str, int, str]]:
    """The events of a delivery that nothing disturbs."""
    events = Events(None, lambda: None)
    events.watch()
    journey.deliver(site, number, mark=events.mark)
    return [e for e in events.seen if e[0]]


def choose(events: list[list[tuple[str, int, str]]], points: int, seed: int) -> list[Chain]:
    """Chains of a seed: up to half of the points at boundaries, the others at or after events."""
    chance = random.Random(seed)
    every = [(d, e) for d, seen in enumerate(events) for e in seen]
    edges = [p for p in every if _edge(p[1][2])]
    inner = [p for p in every if not _edge(p[1][2])]
    chosen = chance.sample(edges, min(len(edges), points // 2))
    chosen += chance.sample(inner, min(len(inner), points - len(chosen)))
    chains = []
    for delivery in range(len(events)):
        places = [e for d, e in chosen if d == delivery]
        chance.shuffle(places)
        while places:
            length = chance.randint(1, LONGEST)
            part, places = places[:length], places[length:]
            part.sort(key=lambda e: (journey.STAGES.index(e[0]), e[1]))
            chains.append(Chain(delivery, tuple(_point(e, chance) for e in part)))
    return chains


def _point(event: tuple[str, int, str], chance: random.Random) -> Point:
    at_once = _edge(event[2]) or chance.random() < 0.6
    wait = None if at_once else chance.expovariate(1 / 0.05)
    return Point(*event, wait, chance.choice(HOW))


def warm(site: journey.Site) -> None:
    """Prepare a site, and import what that took, so that the forks of a run needn't.

    No thread is begun in this process, which only forks.
    """

    def modules() -> list[str]:
        site.prepare()
        journey.state_of(site)
        return list(sys.modules)

    for name in call(modules):
        with suppress(Exception):
            importlib.import_module(name)


def main(points: int, seed: int) -> int:
    """Try the points and print what was found; 1 if any state differs."""
    folder = Path(tempfile.mkdtemp(prefix="undisturbed-"))
    sites = [journey.Site(folder / str(n)) for n in range(len(DELIVERIES) + 1)]
    try:
        return _main(sites, points, seed)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _main(sites: list[journey.Site], points: int, seed: int) -> int:
    warm(sites[0])
    events, wanted = [], []
    for n in DELIVERIES:
        shutil.copytree(sites[n].root, sites[n + 1].root, symlinks=True)
        events.append(call(lambda n=n: record(sites[n + 1], n)))
        state = call(lambda n=n: journey.state_of(sites[n + 1]))
        wanted.append({"state": state, "sent": sites[n + 1].sent})
    chains = choose(events, points, seed)
    print(f"{sum(map(len, events))} events in {len(events)} deliveries, seed {seed}", flush=True)
    results = _side_by_side(chains, sites, wanted)
    tried = sum(len(chain.points) for chain in chains)
    deaths = Counter(point.stage for died, _ in results for point in died)
    bad = sum(bool(faults) for _, faults in results)
    edges = sum(point.edge for died, _ in results for point in died)
    of = sum(_edge(label) for seen in events for _, _, label in seen)
    compared = {k: _size(v) for k, v in wanted[-1]["state"].items()}
    print(f"points tried {tried}, runs killed {deaths.total()}, boundaries {edges} of {of}")
    print(f"states compared {len(chains)}, that differ {bad}")
    print("killed in", dict(sorted(deaths.items())))
    print("compared each time:", json.dumps(compared))
    return 1 if bad or deaths.total() < tried // 3 else 0


def _side_by_side(
    chains: list[Chain], sites: list[journey.Site], wanted: list[dict[str, Any]]
) -> list[tuple[list[Point], list[str]]]:
    """What each chain came to, followed in as many processes as there are processors."""

    def some(mine: list[Chain]) -> list[tuple[list[Point], list[str]]]:
        found = []
        for chain in mine:
            died, faults = follow(sites[chain.delivery].root, chain, wanted[chain.delivery])
            if faults:
                print(f"DIFFERS {chain}", *faults[:20], sep="\n   ", flush=True)
            found.append((died, faults))
        return found

    many = os.cpu_count() or 1
    waiting = [start(lambda n=n: some(chains[n::many])) for n in range(many)]
    return [result for one in waiting for result in collect(one)]


def _size(part: Any) -> int:
    return len(part) if isinstance(part, (dict, list)) else 1


if __name__ == "__main__":
    sys.exit(main(*(int(a) for a in sys.argv[1:3])))
