"""``assay experiments sync``: what waits for MLflow is sent, or named with the reason."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from assay.records.models import DataUsed, TrainingRecord
from assay.stages import tracking

AT = datetime(2026, 1, 5, 6, tzinfo=UTC)


def test_what_waits_is_sent(
    assay: Callable[..., Any], ready: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSAY_PROJECT", str(ready.project))
    monkeypatch.setenv("ASSAY_HOME", str(ready.home))
    used = DataUsed(dataset="visits", number=1, digest="a" * 64, versions={})
    record = TrainingRecord(training_run="c" * 32, model="late", data=(used,), started=AT, ended=AT)
    tracking.plan_tracking(ready.services, tracking.WaitingRun(record=record))
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{one.getsockname()[1]}")
    said = assay("experiments", "sync")
    assert said.code == 2
    assert "doesn't answer" in " ".join(said.err.split())
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    assert assay("experiments", "sync", "--json").json == {
        "sent": [f"tracking/late/{'c' * 32}"], "waiting": {}
    }  # fmt: skip
    assert assay("experiments", "sync").out.strip() == "0 training runs sent"
    assert "mlruns" not in os.listdir(ready.project)  # noqa: PTH208 - names are all that is asked
