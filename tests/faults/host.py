"""One run of a batch on a host that the environment describes, and nothing else.

``python host.py DATASET BATCH RUN_ID [RUN_ID_OF_ANOTHER …]``: each stage is tried again a few times
when a service doesn't answer or another run has the batch, as Airflow does.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
import journey

from assay.cli._console import open_services
from assay.errors import LeaseError
from assay.stages import run as stages

TRIES = int(os.environ.get("FAULT_TRIES", "600"))


def tried(work: Callable[[], Any]) -> Any:
    """What Airflow's retries do: I/O and a lease that is taken are tried again, no other error."""
    for left in reversed(range(TRIES)):
        try:
            return work()
        except (OSError, LeaseError) as error:
            if not left:
                raise
            print(f"again after {type(error).__name__}: {str(error)[:200]}", file=sys.stderr)
        time.sleep(0.5)
    raise AssertionError


def run(dataset: str, batch: str, run_id: str) -> dict[str, stages.StageResult]:
    """The train of a batch, each stage by an office of its own, as tasks are."""
    asked = stages.Asked(by="tester")
    ticket = tried(lambda: stages.pin(open_services(), dataset, batch, run_id, "backfill", asked))
    ticket, ingested = tried(lambda: stages.ingest(open_services(), ticket))
    done = {"ingest": ingested}
    for name, stage, more in journey.mini.STAGES:
        if journey.mini._skips(name, done, False):
            continue
        rest = (*more, done) if stage is stages.commit else more
        try:
            done[name] = tried(lambda stage=stage, rest=rest: stage(open_services(), ticket, *rest))
        except stages.DoesNotApply:
            continue
    done["release"] = tried(lambda: stages.release(open_services(), ticket, done))
    services = open_services()
    tried(lambda: stages.notify(services, ticket, done, journey.mini.transports(services)))
    return done


if __name__ == "__main__":
    for batch in sys.argv[2].split(","):
        print(batch, run(sys.argv[1], batch, f"{sys.argv[3]}-{batch}")["release"].detail)
