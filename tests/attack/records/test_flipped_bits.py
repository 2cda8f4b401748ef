"""No flipped bit between two stages comes to readers: who reads a file next knows its hash."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from assay.stages import run as stages
from assay.stages.run import chain

DAY = "2024-01-03"
FLIPS = [
    ("ingest", "landing/visits/{day}/*/rows.parquet"),
    ("validate_raw", "landing/visits/{day}/*/rows.parquet"),
    ("validate_raw", "work/visits/{day}/*/marks_raw.parquet"),
    ("protect", "work/visits/{day}/*/observed.parquet"),
    ("clean", "work/visits/{day}/*/observed.parquet"),
    ("clean", "work/visits/{day}/*/cleaned.parquet"),
    ("clean", "landing/visits/{day}/*/rows.parquet"),
    ("validate_clean", "work/visits/{day}/*/cleaned.parquet"),
    ("validate_clean", "work/visits/{day}/*/marks_clean.parquet"),
    ("validate_clean", "work/visits/{day}/*/observed.parquet"),
    ("validate_clean", "work/visits/{day}/*/change_log.parquet"),
    ("validate_clean", "work/visits/{day}/*/state.json"),
    ("validate_clean", "reports/visits/{day}/*/cleaning.json"),
    ("commit", "work/visits/{day}/*/candidate.parquet"),
    ("commit", "work/visits/{day}/*/observed.parquet"),
    ("drift", "work/visits/{day}/*/marks_clean_dropped.parquet"),
]


@pytest.fixture(scope="module")
def judged(template: Any, mini: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A home before the batch, and what each file and object is in an undisturbed run of it."""
    train = mini.copy(template, tmp_path_factory.mktemp("judged"))
    train.drop("visits", DAY, mini.visits(DAY))
    undisturbed = mini.copy(train, tmp_path_factory.mktemp("undisturbed"))
    undisturbed.run("visits", DAY, run_id="run")
    return train, undisturbed


def _flip(path: Path, place: float) -> None:
    content = bytearray(path.read_bytes())
    content[int(len(content) * place)] ^= 4
    path.write_bytes(content)


@pytest.mark.parametrize("place", [0.3, pytest.param(0.7, marks=pytest.mark.slow)])
@pytest.mark.parametrize(("after", "file"), FLIPS)
def test_a_flipped_bit_is_not_released(
    judged: Any, mini: Any, tmp_path: Path, after: str, file: str, place: float
) -> None:
    train, undisturbed = mini.copy(judged[0], tmp_path), judged[1]
    stages.pin(train.services, "visits", DAY, "run", "manual", stages.Asked(by="tester"))
    for name in chain.names():
        run = stages.resume(train.services, "visits", DAY, "run")
        assert run
        mini.perform(run, name)
        if name == after:
            (path,) = train.home.glob(file.format(day=DAY))
            _flip(path, place)
    run = stages.resume(train.services, "visits", DAY, "run")
    assert run
    assert stages.release(run).state == "released"
    released = {k: v for k, v in train.objects().items() if k[1] == DAY}
    assert released == {k: v for k, v in undisturbed.objects().items() if k[1] == DAY}
    (version,) = released
    fetched = train.services.registry.fetch(*version, "data").read_bytes()
    assert fetched == undisturbed.services.registry.fetch(*version, "data").read_bytes()


def test_a_flipped_bit_of_the_audit_partition_is_made_again(ready: Any, mini: Any) -> None:
    policies = ready.project / "include" / "policies" / "visits"
    privacy, retention = policies / "privacy.yaml", policies / "retention.yaml"
    privacy.write_text(re.sub(r"team: {.*}", "team: {treatment: drop}", privacy.read_text()))
    period = "  audit: {counts_from: landed_at, max_age_days: 60}\n  spill:"
    retention.write_text(retention.read_text().replace("  spill:", period))
    ready.drop("visits", DAY, mini.visits(DAY))
    ready.run("visits", DAY, run_id="run", until="commit")
    (path,) = (ready.home / "audit").rglob("*.sealed")
    sealed = path.read_bytes()
    _flip(path, 0.5)
    run = stages.resume(ready.services, "visits", DAY, "run")
    assert run
    assert stages.perform(run, "fairness").done["fairness"].outcome
    assert path.read_bytes() == sealed


def test_a_file_that_no_stage_wrote_is_not_committed(
    judged: Any, mini: Any, tmp_path: Path
) -> None:
    train = mini.copy(judged[0], tmp_path)
    train.run("visits", DAY, run_id="first", until="validate_clean")
    (folder,) = (train.home / "work" / "visits" / DAY).glob("[!r]*")
    planted = folder / "scaler.json"
    assert not planted.exists()
    planted.write_text('{"nonce": "planted"}')
    train.later(hours=1).run("visits", DAY, run_id="second")
    (objects,) = (o for (_, batch, _), o in train.objects().items() if batch == DAY)
    assert "scaler" not in objects


def test_a_manifest_that_is_rewritten_is_not_believed(
    judged: Any, mini: Any, tmp_path: Path
) -> None:
    train = mini.copy(judged[0], tmp_path)
    train.run("visits", DAY, run_id="first", until="ingest")
    (manifest,) = train.home.glob(f"landing/visits/{DAY}/*/manifest.json")
    text = manifest.read_text()
    manifest.write_text(text.replace('"unparsed_rows": 0', '"unparsed_rows": 7'))
    assert manifest.read_text() != text
    train.later(hours=1).run("visits", DAY, run_id="second", until="ingest")
    assert manifest.read_text() == text
