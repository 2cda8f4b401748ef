"""The demo's batches through every stage, by the library, into a home that is given."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from assay.alerting import open_transports
from assay.project import Project
from assay.stages import run as stages
from assay.stages.run import chain
from assay.stages.services import Services
from demo.census import WHEEL, YEARS, drop_census
from demo.flights import BLIZZARD, REFERENCES, YEAR, drop_flights, drop_references

ROOT = Path(__file__).parents[3]


def main() -> None:
    """Drop the files of the upstreams, then run each batch once."""
    home = Path(sys.argv[1])
    environ = {**os.environ, "ASSAY_HOME": str(home), "ASSAY_PROJECT": str(ROOT)}
    services = Services(Project.from_environment(environ), clock=lambda: datetime.now(UTC))
    inbox = services.lake.make("inbox")
    drop_references(inbox)
    drop_flights(inbox, BLIZZARD)
    drop_census(inbox, ROOT / ".cache" / WHEEL, YEARS)
    for name in REFERENCES:
        _run(services, name, YEAR)
    for day in BLIZZARD:
        _run(services, "flights", day)
    for year in YEARS:
        _run(services, "census_employment", year)
    names = (*REFERENCES, "flights", "census_employment")
    (home / "files.json").write_text(json.dumps({name: _files(services, name) for name in names}))


def _files(services: Services, dataset: str) -> dict[str, str]:
    """Batch → the file of its released rows."""
    _, versions = services.registry.partitions(dataset, None)
    return {
        batch: str(services.registry.open(version.objects["data"]))
        for batch, version in versions.items()
    }


def _run(services: Services, dataset: str, batch: str) -> None:
    asked = stages.Asked(by="bench")
    run = stages.pin(services, dataset, batch, f"bench-{dataset}-{batch}", "backfill", asked)
    for name in chain.names():
        try:
            run = stages.perform(run, name)
        except stages.DoesNotApply:
            continue
    run = run.finished(chain.RELEASE, stages.Finished(result=stages.release(run)))
    stages.notify(run, open_transports(services.lake))


if __name__ == "__main__":
    main()
