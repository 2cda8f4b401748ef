"""Weights & Biases beside MLflow, without its server."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assay.errors import InputError
from assay.records.models import DataUsed, Figure, TrainingRecord
from assay.training.tracking import log_to_wandb

AT = datetime(2026, 1, 5, 6, tzinfo=UTC)
USED = DataUsed(dataset="flights", number=3, digest="a" * 64, versions={})
RECORD = TrainingRecord(
    training_run="c" * 32, model="late", data=(USED,), started=AT, ended=AT,
    metrics={"auc": Figure(value=0.7, low=0.6, high=0.8, n=9)},
)  # fmt: skip


def test_a_run_is_kept_once_without_a_key(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text("<p>said</p>")
    made = log_to_wandb(RECORD, {"report.html": page}, tmp_path / "wandb", {})
    assert made.name.startswith("offline-run-")
    assert list(made.glob("run-*.wandb"))
    assert log_to_wandb(RECORD, {}, tmp_path / "wandb", {}) == made
    assert len(list((tmp_path / "wandb" / "wandb").glob("offline-run-*"))) == 1


def test_without_the_library_it_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "wandb", None)
    with pytest.raises(InputError, match=r"assay\[wandb\]"):
        log_to_wandb(RECORD, {}, tmp_path, {})
