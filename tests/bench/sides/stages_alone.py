"""The stages of some days of flights in one warm process; prints the last day's seconds."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assay.alerting import open_transports
from assay.project import Project
from assay.stages import run as stages
from assay.stages.services import Services

WAY: tuple[tuple[str, Callable[..., Any], tuple[str, ...]], ...] = (
    ("validate_raw", stages.validate, ("raw",)),
    ("protect", stages.protect, ()),
    ("clean", stages.clean, ()),
    ("validate_clean", stages.validate, ("clean",)),
    ("commit", stages.commit, ()),
    ("drift", stages.drift, ()),
)


def run(services: Services, dataset: str, batch: str) -> dict[str, float]:
    """One run of a batch; stage → seconds."""
    seconds: dict[str, float] = {}

    def timed(name: str, work: Callable[[], Any]) -> Any:
        began = time.perf_counter()
        found = work()
        seconds[name] = time.perf_counter() - began
        return found

    asked = stages.Asked(by="bench")
    run_id = f"bench-{dataset}-{batch}"
    ticket = timed("pin", lambda: stages.pin(services, dataset, batch, run_id, "manual", asked))
    done: dict[str, stages.StageResult] = {}
    ticket, done["ingest"] = timed("ingest", lambda: stages.ingest(services, ticket))
    for name, stage, more in WAY:
        left = (done,) if stage is stages.commit else ()
        try:
            done[name] = timed(name, lambda s=stage, m=more, e=left: s(services, ticket, *m, *e))
        except stages.DoesNotApply:
            continue
    done["release"] = timed("release", lambda: stages.release(services, ticket, done))
    timed("notify", lambda: stages.notify(services, ticket, done, open_transports(services.lake)))
    return seconds


def main() -> None:
    """Release the reference tables and all days but the last, then time the last."""
    home, *days = sys.argv[1:]
    project = Project.from_environment({"ASSAY_HOME": str(Path(home))})
    services = Services(project, clock=lambda: datetime.now(UTC))
    for name in ("airlines", "airports", "planes"):
        run(services, name, "2013")
    for day in days:
        seconds = run(services, "flights", day)
    print(json.dumps(seconds))


if __name__ == "__main__":
    main()
