import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from assay.lake import Lake
from assay.policy.retention import RetentionPolicy

NOW = datetime(2026, 6, 1, 3, 0, tzinfo=UTC)
DAY = timedelta(days=1)
Write = Callable[..., Path]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "home")


def policy(**zones: Any) -> RetentionPolicy:
    periods: dict[str, Any] = {
        "landing": {"counts_from": "landed_at", "max_age_days": 90},
        "quarantine": {"counts_from": "landed_at", "max_age_days": 30},
        "work": {"counts_from": "released_at", "max_age_days": 14},
        "spill": {"counts_from": "landed_at", "max_age_days": 2},
        "reports": {"counts_from": "batch_end", "max_age_days": 400},
        "messages": {"counts_from": "landed_at", "max_age_days": 30},
    }
    return RetentionPolicy.model_validate({"zones": {**periods, **zones}})


@pytest.fixture
def policies() -> dict[str, RetentionPolicy]:
    return {"flights": policy()}


@pytest.fixture
def write(lake: Lake) -> Write:
    def write_file(path: str, age_days: float, text: str = "x") -> Path:
        parts = path.split("/")
        file = lake.make(*parts)
        file.write_text(text)
        at = (NOW - age_days * DAY).timestamp()
        os.utime(file, (at, at))
        return file

    return write_file
