"""Predictions of a model whose figures are known, joined with their outcomes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from assay.feedback import FeedbackColumns

COLUMNS = FeedbackColumns(
    truth="late", prediction="said", batch="day", probability=("p_late",), version="version"
)


def draw(rows: int, seed: int, *, day: str = "2013-02-01", bad: float = 0.0) -> dict[str, Any]:
    """Calibrated predictions; in the late evenings of EWR a share of them is turned about."""
    random = np.random.default_rng(seed)
    p = random.beta(1.2, 1.2, size=rows)
    late = random.random(rows) < p
    origin = random.choice(["EWR", "JFK", "LGA"], size=rows)
    hour = random.integers(5, 24, size=rows)
    turned = (origin == "EWR") & (hour >= 20) & (random.random(rows) < bad)
    return {
        "late": late,
        "said": (p > 0.5) ^ turned,
        "p_late": np.where(turned, 1 - p, p),
        "day": np.full(rows, day, dtype=object),
        "version": np.where(random.random(rows) < 0.5, "1", "2"),
        "origin": origin,
        "hour": hour,
        "carrier": random.choice(list("ABCDEFGH"), size=rows),
        "tail": random.integers(0, max(rows // 5, 1), size=rows),
    }


def joined(*days: dict[str, Any], late_labels: float = 0.0) -> pa.Table:
    """Days one below the other; the last share of the outcomes is still missing."""
    found = {name: np.concatenate([day[name] for day in days]) for name in days[0]}
    rows = len(found["late"])
    waiting = np.arange(rows) >= rows * (1 - late_labels)
    arrays = {name: pa.array(values) for name, values in found.items()}
    arrays["late"] = pa.array(found["late"], mask=waiting)
    return pa.table(arrays)
