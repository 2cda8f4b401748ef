"""What is killed: four deliveries of a small project, each a train from ``pin`` to ``notify``.

A day that passes, a day that drifts (held, with a message), another delivery of the first day
(which supersedes it) and one of the second that passes (which closes its incident).
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from assay.stages import run as stages
from assay.stages.run import chain
from assay.stages.run._commit import timeless

_MINI = Path(__file__).parents[1] / "support" / "mini_project.py"


def _load_mini() -> Any:
    if "mini_project" not in sys.modules:
        spec = importlib.util.spec_from_file_location("mini_project", _MINI)
        assert spec
        assert spec.loader
        sys.modules["mini_project"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["mini_project"])
    return sys.modules["mini_project"]


mini = _load_mini()
DAYS = ("2024-01-03", "2024-01-04")
NOW = datetime(2024, 2, 1, 12, 0, tzinfo=UTC)
DELIVERIES: tuple[tuple[str, str], ...] = (
    (DAYS[0], mini.visits(DAYS[0])),
    (DAYS[1], mini.visits(DAYS[1], shift=30)),
    (DAYS[0], mini.visits(DAYS[0], rows=490)),
    (DAYS[1], mini.visits(DAYS[1])),
)
STAGES = (chain.PIN, *chain.names(), chain.RELEASE, chain.NOTIFY)


@dataclass(frozen=True)
class Recorder:
    """A transport whose receiver is a file: one line for each message that arrived."""

    path: Path
    edits: bool = False

    def send(self, message: Any, original: Any, now: datetime) -> Mapping[str, Any]:
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(descriptor, f"{message.key}\n".encode())
        os.close(descriptor)
        return {"transport": "recorder"}


@dataclass(frozen=True)
class Site:
    """A project and a home in a folder of their own."""

    root: Path

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def sent(self) -> list[str]:
        path = self.root / "sent.log"
        return path.read_text().split() if path.exists() else []

    def train(self, now: datetime = NOW) -> Any:
        return mini.Train(self.root / "project", self.home, lambda: now)

    def transports(self) -> dict[str, Recorder]:
        recorder = Recorder(self.root / "sent.log")
        return {"slack": recorder, "email": recorder}

    def prepare(self) -> None:
        """Release the reference table and the two reference days."""
        mini.write_project(self.root / "project")
        train = self.train()
        train.drop("sites", "2024", mini.sites())
        train.run("sites", "2024")
        for day in mini.REFERENCE_DAYS:
            train.drop("visits", day, mini.visits(day))
            train.run("visits", day)


def deliver(
    site: Site,
    number: int,
    *,
    run_id: str = "first",
    now: datetime = NOW,
    resume: bool = False,
    mark: Callable[[str], None] = lambda _: None,
) -> None:
    """Drop a delivery and run its train, as the operators do.

    Parameters
    ----------
    resume : bool
        Go on at the stage that a killed run was in, with what the earlier ones left, as Airflow
        tries a task again; else from the start.
    mark : callable
        Told at each boundary.
    """
    day, text = DELIVERIES[number]
    train = site.train(now)
    train.drop("visits", day, text)
    services, key = train.services, f"{run_id}-{number}"
    run = stages.resume(services, "visits", day, key) if resume else None

    if run is None:
        mark("pin >")
        run = stages.pin(services, "visits", day, key, "manual", stages.Asked(by="tester"))
        mark("pin <")
    for name in chain.names():
        if name in run.done or run.blocked_by(name):
            continue
        mark(f"{name} >")
        run = mini.perform(run, name)
        mark(f"{name} <")
    if (ended := stages.decided(run)) is None:
        mark("release >")
        ended = run.finished(chain.RELEASE, stages.Finished(result=stages.release(run)))
        mark("release <")
    mark("notify >")
    stages.notify(ended, site.transports())
    mark("notify <")


def flush(site: Site) -> None:
    """Send what a killed run left in the outbox, as any later run does."""
    from assay.alerting import send_due

    later = NOW + timedelta(days=1)
    send_due(site.train().services.catalog.outbox, site.transports(), lambda: later, owner="later")


def unmarked(site: Site) -> list[str]:
    """Messages that arrived and aren't marked as sent: the kill fell between the two."""
    states = {m.key: m.state for m in site.train().services.catalog.outbox.find()}
    return [key for key in site.sent if states.get(key) != "sent"]


def state_of(site: Site) -> dict[str, Any]:
    """All that a killed and repeated run must leave as an undisturbed one does.

    Times, run ids and Git's own ids are apart.
    """
    services = site.train().services
    registry, catalog = services.registry, services.catalog
    versions = [(v.batch, v.version) for v in registry.versions("visits")]
    return {
        **site.train().contents(),
        "snapshots": [
            s.model_dump(mode="json", exclude={"at"}) for s in registry.snapshots("visits")
        ],
        "pointer": registry.pointer("visits").model_dump(mode="json"),
        "index": {
            "versions": catalog.versions.find("visits"),
            "pointer": catalog.snapshots.current("visits").number,
            "snapshots": [
                (s.number, s.parent, dict(s.batches), s.forced, s.reason, s.author)
                for s in catalog.snapshots.find("visits")
            ],
            "lineage": {f"{b} {v}": catalog.versions.lineage("visits", b, v) for b, v in versions},
        },
        "verdicts": {
            f"{b} {v}": {
                r.verdict.gate: timeless(r.verdict).model_dump(mode="json")
                for r in catalog.verdicts.find("visits", b, v)
            }
            for b, v in versions
        },
        "incidents": [
            (i.check, i.state, i.outcome, [(b.batch, b.state) for b in i.batches])
            for i in catalog.incidents.find("visits")
        ],
        "messages": [(m.key, m.state) for m in catalog.outbox.find()],
        "bytes": {
            f"{b} {v} {n}": _digest(registry.fetch("visits", b, v, n))
            for b, v in versions
            for n in registry.find("visits", b, v).objects
        },
        "files": _files(site.home),
        "leases": [x.owner for x in catalog.leases.live(NOW)],
    }


def outcome_of(site: Site) -> dict[str, Any]:
    """What must not depend on the order of runs: versions, verdicts, what readers get."""
    services = site.train().services
    registry, catalog = services.registry, services.catalog
    versions = {v.batch: v for v in registry.versions("visits")}
    return {
        "versions": {b: (v.version, v.objects, v.counts) for b, v in versions.items()},
        "verdicts": {
            b: {
                r.verdict.gate: timeless(r.verdict)
                for r in catalog.verdicts.find("visits", b, v.version)
            }
            for b, v in versions.items()
        },
        "snapshot": dict(registry.snapshot("visits").batches),
        "releases": len(registry.snapshots("visits")),
        "states": {b["batch"]: b["state"] for b in catalog.status()["datasets"][1]["batches"]},
        "incidents": [
            (i.check, i.state, [(b.batch, b.state) for b in i.batches])
            for i in catalog.incidents.find("visits")
        ],
    }


def _files(home: Path) -> dict[str, str]:
    """Every file that a reader could take for a whole one, by its bytes."""
    zones = ("landing", "quarantine", "work", "reports", "spill")
    paths = (p for zone in zones for p in (home / zone).rglob("*") if p.is_file())
    # The page of a run names the run, and its records are about one attempt.
    told = (p for p in sorted(paths) if p.name != "report.html" and p.parent.name[:4] != "run-")
    return {str(p.relative_to(home)): _digest(p) for p in told}


def _digest(path: Path) -> str:
    if "quarantine" in path.parts and path.suffix == ".parquet":  # it says when its run began
        rows = pq.read_table(path)
        return str(rows.drop_columns(["__time"]).to_pylist())
    if "work" in path.parts and b'"seal"' in path.read_bytes():  # and so does that file's hash
        kept = json.loads(path.read_bytes())["content"]
        wrote = {n: sha for n, sha in kept["wrote"].items() if not n.startswith("quarantined")}
        return json.dumps({**kept, "wrote": wrote}, sort_keys=True)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def differences(ours: Mapping[str, Any], theirs: Mapping[str, Any], at: str = "") -> list[str]:
    """Where two states differ, one line each."""
    found: list[str] = []
    for key in sorted({*ours, *theirs}, key=str):
        left, right = ours.get(key), theirs.get(key)
        if isinstance(left, dict) and isinstance(right, dict):
            found += differences(left, right, f"{at}/{key}")
        elif left != right:
            told = [json.dumps(x, default=str)[:300] for x in (left, right)]
            found.append(f"{at}/{key}: {told[0]} instead of {told[1]}")
    return found
