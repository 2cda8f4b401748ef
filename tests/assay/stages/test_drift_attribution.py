"""A batch that drifted says why: segments, rows, pipeline, in the verdict and in the message."""

from __future__ import annotations

import json
from typing import Any

import pyarrow.parquet as pq
import pytest

from assay.drift.attribution import causes_of

DAY = "2024-01-03"


def _drift(train: Any) -> Any:
    records = train.services.catalog.verdicts.find("visits", DAY)
    return next(r.verdict for r in reversed(records) if r.verdict.gate == "drift")


@pytest.fixture
def shifted(ready: Any, mini: Any) -> Any:
    """A day on which the scores of two sites are shifted."""
    rows = [
        (*row[:3], f"{float(row[3]) + 40:.3f}" if row[3] and row[1] in {"S1", "S2"} else row[3],
         *row[4:])
        for row in mini.visit_rows(DAY, rows=1500)
    ]  # fmt: skip
    ready.drop("visits", DAY, mini.as_csv(mini.HEADER, rows))
    return ready


def test_an_alarm_names_segments_and_rows(shifted: Any) -> None:
    done = shifted.run("visits", DAY)
    assert done["drift"].holds
    (cause,) = causes_of(_drift(shifted))
    assert (cause.table, cause.column, cause.segmenting) == ("observed", "score", "site")
    assert {part.label for part in cause.carriers} == {"S1", "S2"}
    assert cause.share(cause.best.within) == pytest.approx(1, abs=0.1)
    assert cause.pipeline == ()
    report = shifted.home / done["drift"].report
    rows = pq.read_table(report.with_name(cause.file)).to_pandas()
    version = shifted.batch("visits", DAY)["version"]
    observed = pq.read_table(
        shifted.services.registry.fetch("visits", DAY, version, "observed")
    ).to_pandas()
    sites = observed.set_index("__id").loc[rows["__id"], "site"]
    assert set(sites) == {"S1", "S2"}
    assert len(rows) == cause.rows
    said = "".join(p.read_text() for p in shifted.home.glob("messages/**/*") if p.is_file())
    assert "Why: " in said
    assert "inside the segments of site" in said


def test_the_pipelines_changes_are_named(shifted: Any, mini: Any) -> None:
    include = shifted.project / "include"
    contract = include / "contracts" / "visits.odcs.yaml"
    contract.write_text(contract.read_text().replace("version: 1.0.0", "version: 1.1.0"))
    suite = include / "suites" / "visits" / "clean.json"
    suite.write_text(json.dumps(json.loads(suite.read_text()) | {"notes": "new"}))
    shifted.drop("sites", "2024", mini.sites().replace("north", "east"))
    shifted.run("sites", "2024")
    source = shifted.home / "inbox" / "visits" / f"{DAY}.csv"
    first, *rows = source.read_text().splitlines()
    source.write_text("\n".join([f"{first},extra", *(f"{row},1" for row in rows)]) + "\n")
    shifted.run("visits", DAY)
    (cause,) = causes_of(_drift(shifted))
    told = {(change.kind, change.what) for change in cause.pipeline}
    assert ("rule", "the contract changed since the reference") in told
    assert ("reference_table", "a different release of sites than for the reference") in told
    assert any(kind == "schema" for kind, _ in told)
    assert "the contract changed" in _drift(shifted).reasons[0].cause


def test_a_killed_run_explains_again_and_the_same(shifted: Any) -> None:
    first = shifted.run("visits", DAY)
    told = _drift(shifted).detail
    report = shifted.home / first["drift"].report
    rows = report.with_name("drift_rows.parquet").read_bytes()
    (work,) = shifted.home.glob(f"work/visits/{DAY}/[!r]*/drift.json")
    work.unlink()
    report.with_name("drift_rows.parquet").unlink()
    shifted.run("visits", DAY)
    assert _drift(shifted).detail == told
    assert report.with_name("drift_rows.parquet").read_bytes() == rows
