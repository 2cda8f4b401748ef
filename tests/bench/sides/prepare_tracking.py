"""The tables of MLflow's database in a home that is given, as `assay up` makes them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from assay.project import Project
from assay.training.tracking import Tracker, TrackingPlace

ROOT = Path(__file__).parents[3]


def main() -> None:
    """Make them, once a home."""
    environ = {**os.environ, "ASSAY_HOME": sys.argv[1], "ASSAY_PROJECT": str(ROOT)}
    place = TrackingPlace.from_environment(environ, Project.from_environment(environ).lake)
    Tracker(place).prepare()


if __name__ == "__main__":
    main()
