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
from assay.stages.run import chain

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
    """The train of a batch, each stage with services of its own, as tasks are."""
    asked = stages.Asked(by="tester")
    run = tried(lambda: stages.pin(open_services(), dataset, batch, run_id, "backfill", asked))
    for name in chain.names():
        run = tried(lambda run=run, name=name: journey.mini.perform(_afresh(run), name))
    result = tried(lambda: stages.release(_afresh(run)))
    run = run.finished(chain.RELEASE, stages.Finished(result=result))
    transports = journey.mini.transports(run.services)
    tried(lambda: stages.notify(_afresh(run), transports))
    return dict(run.done)


def _afresh(run: stages.Run) -> stages.Run:
    return stages.Run(open_services(), run.spec, run.results)


if __name__ == "__main__":
    for batch in sys.argv[2].split(","):
        print(batch, run(sys.argv[1], batch, f"{sys.argv[3]}-{batch}")["release"].messages)
