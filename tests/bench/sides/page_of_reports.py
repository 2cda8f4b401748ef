"""The page that lists reports, of the home in the environment; prints its seconds."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).parents[3] / "plugins"))
from assay_airflow.pages import reports


def main() -> None:
    """Make the page once, for a reader who may read all: rights are Airflow's."""
    reports.may_read = lambda *_: True
    began = time.perf_counter()
    page = reports.index(None)
    print(json.dumps({"seconds": time.perf_counter() - began, "bytes": len(page.body)}))


if __name__ == "__main__":
    main()
