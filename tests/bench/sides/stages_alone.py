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
from assay.stages.run import chain
from assay.stages.services import Services


def time_run(services: Services, dataset: str, batch: str) -> dict[str, float]:
    """One run of a batch; stage → seconds."""
    seconds: dict[str, float] = {}

    def timed(name: str, work: Callable[[], Any]) -> Any:
        began = time.perf_counter()
        found = work()
        seconds[name] = time.perf_counter() - began
        return found

    asked = stages.Asked(by="bench")
    run_id = f"bench-{dataset}-{batch}"
    run = timed("pin", lambda: stages.pin(services, dataset, batch, run_id, "manual", asked))
    for name in chain.names():
        try:
            run = timed(name, lambda run=run, name=name: stages.perform(run, name))
        except stages.DoesNotApply:
            continue
    result = timed("release", lambda: stages.release(run))
    run = run.finished(chain.RELEASE, stages.Finished(result=result))
    timed("notify", lambda: stages.notify(run, open_transports(services.lake)))
    return seconds


def main() -> None:
    """Release the reference tables and all days but the last, then time the last."""
    home, *days = sys.argv[1:]
    project = Project.from_environment({"ASSAY_HOME": str(Path(home))})
    services = Services(project, clock=lambda: datetime.now(UTC))
    for name in ("airlines", "airports", "planes"):
        time_run(services, name, "2013")
    for day in days:
        seconds = time_run(services, "flights", day)
    print(json.dumps(seconds))


if __name__ == "__main__":
    main()
