"""What a person reads of four days around the blizzard, word for word."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import pytest

from assay.drift import DriftMeasurements, DriftReport, render_text
from assay.project import Project
from assay.records.verdicts import VerdictRecord
from assay.stages import run as stages
from assay.stages.run import chain
from assay.stages.services import Services
from assay.verdict import Verdict
from demo.flights import drop_flights, drop_references

PAGES = {
    "2013-02-08": ("validate_raw", "report"),
    "2013-02-11": ("clean", "drift", "report"),
}
REFERENCE = ("2013-02-04", "2013-02-05", "2013-02-06", "2013-02-07")
JUDGED = ("2013-02-08", "2013-02-10", "2013-02-11")


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Services:
    home = tmp_path_factory.mktemp("home")
    drop_references(home / "inbox")
    drop_flights(home / "inbox", [*REFERENCE, *JUDGED])
    return Services(
        project=Project.from_environment({"ASSAY_HOME": str(home)}),
        clock=lambda: dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    )


def _run(services: Services, dataset: str, batch: str) -> dict[str, stages.StageResult]:
    """One batch through every stage, as the DAG would take it."""
    run = stages.pin(services, dataset, batch, f"run-{batch}", "manual")
    for name in chain.names():
        if run.held_by:
            break
        try:
            run = stages.perform(run, name)
        except stages.DoesNotApply:
            continue
    return {**run.done, chain.RELEASE: stages.release(run)}


def _read(result: stages.StageResult) -> str:
    """A result as its log has it, without the version in the report's path."""
    lines = stages.render_result(result).splitlines()
    return "\n".join(line for line in lines if not line.startswith("  report:"))


def _told(done: dict[str, stages.StageResult], records: list[VerdictRecord]) -> str:
    parts = [_read(result) for task, result in done.items() if task != "commit"]
    drift = [r.verdict for r in records if r.verdict.gate == "drift"]
    return "\n\n".join([*parts, *(render_text(v, _report(v)) for v in drift)]) + "\n"


def _report(verdict: Verdict) -> DriftReport:
    compared = [DriftMeasurements.model_validate(one) for one in verdict.detail["compared"]]
    return DriftReport(comparisons=tuple(compared))


def _scores(records: list[VerdictRecord]) -> dict[str | None, float | None]:
    """The raw rows' score of each dimension of quality."""
    (raw,) = [r.verdict for r in records if r.verdict.gate == "validate_raw"]
    return {m.group: m.value for m in raw.measurements if m.name == "quality_score"}


def _page(services: Services, batch: str, name: str) -> str:
    """A page of the run, without its style and what derives from this home's own key."""
    (path,) = services.project.home.glob(f"reports/flights/{batch}/*/{name}.html")
    page = re.sub(r"<style>.*?</style>", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    page = re.sub(r"sha256-[\w+/=]+", "sha256-…", page)
    return re.sub(r"\b[0-9a-f]{12,}\b", "…", page)


def test_the_verdicts_read_as_they_did(
    services: Services, golden: Callable[[str, str], None]
) -> None:
    for dataset in ("planes", "airports", "airlines"):
        assert not _run(services, dataset, "2013")["release"].holds
    for batch in REFERENCE:
        assert not _run(services, "flights", batch)["release"].holds
    for batch in JUDGED:
        done = _run(services, "flights", batch)
        records = services.catalog.verdicts.find("flights", batch, run_id=f"run-{batch}")
        assert _scores(records)["timeliness"] == 1
        assert None not in _scores(records).values()
        golden(f"verdicts/flights-{batch}.txt", _told(done, records))
        for name in PAGES.get(batch, ()):
            golden(f"pages/flights-{batch}-{name}.html", _page(services, batch, name))
