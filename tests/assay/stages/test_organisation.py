"""The organisation's policies in a run, and in the check of a project."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from assay.errors import PolicyError
from assay.stages.authoring import check_project

DAY = "2024-01-03"


def organise(train: Any, noun: str, text: str) -> Path:
    path: Path = train.project / f"include/policies/_organisation/{noun}.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def faults(train: Any) -> list[str]:
    return [str(problem) for problem in check_project(train.services.project, gx=False)]


def test_the_check_names_the_line_that_is_looser(ready: Any) -> None:
    organise(ready, "retention", "zones:\n  landing: {max_age_days: 100000}\n")
    assert faults(ready) == []
    organise(ready, "retention", "zones:\n  landing: {max_age_days: 1}\n")
    found = faults(ready)
    assert all("looser than the organisation's policy" in text for text in found)
    assert any("policies/visits/retention.yaml:" in text for text in found)
    assert all("_organisation/retention.yaml:2 zones.landing.max_age_days" in t for t in found)


def test_the_check_reads_the_organisations_own_files(ready: Any) -> None:
    organise(ready, "retention", "zones:\n  landing: {max_age: 100}\n")
    organise(ready, "quality", "on_inconclusive: hold\n")
    found = faults(ready)
    assert any("no such key" in t and "_organisation/retention.yaml:2" in t for t in found)
    assert any("nothing reads this file" in t and "_organisation/quality" in t for t in found)


def test_a_treatment_that_the_organisation_forbids_is_a_fault_and_stops_a_run(
    ready: Any, mini: Any
) -> None:
    organise(ready, "privacy", "allowed_treatments:\n  identifier: [drop]\n")
    found = faults(ready)
    assert any("identifier columns may not have this treatment" in text for text in found)
    ready.drop("visits", DAY, mini.visits(DAY))
    with pytest.raises(PolicyError, match="may not have this treatment"):
        ready.run("visits", DAY)


def test_an_unchanged_project_keeps_its_versions_beside_a_bound_that_it_keeps(
    ready: Any, mini: Any
) -> None:
    ready.drop("visits", DAY, mini.visits(DAY))
    ready.run("visits", DAY)
    before = ready.objects()
    organise(ready, "retention", "zones:\n  landing: {max_age_days: 100000}\n")
    ready.run("visits", DAY)
    assert ready.objects() == before
