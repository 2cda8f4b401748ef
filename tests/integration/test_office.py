"""What holds of the installation as a whole: its DAGs, its sweep, its messages, its zones."""

from __future__ import annotations

from typing import Any

import pytest

from assay.lake import Lake

pytestmark = pytest.mark.integration

_HEADINGS = ("What it does", "When not to run it", "Parameters", "Example", "Who is notified")


def test_every_dag_is_parsed_and_says_whose_it_is_and_what_it_does(site: Any) -> None:
    assert site.get("/importErrors")["import_errors"] == []
    dags = {dag["dag_id"]: dag for dag in site.get("/dags", limit=100)["dags"]}
    assert {"release__flights", "release__census_employment", "release__ticks"} <= set(dags)
    assert "retention__sweep" in dags
    for dag_id, dag in dags.items():
        assert "assay" in {tag["name"] for tag in dag["tags"]}, dag_id
        assert dag["owners"] not in ([], ["airflow"]), dag_id
        assert dag["description"], dag_id
        manual = site.get(f"/dags/{dag_id}/details")["doc_md"]
        assert not [h for h in _HEADINGS if f"**{h}.**" not in manual], dag_id


def test_the_retention_sweep_runs_green(site: Any, references: object) -> None:
    site.client().patch("/api/v2/dags/retention__sweep", json={"is_paused": False})
    run_id = site.trigger("retention__sweep")
    assert site.end("retention__sweep", run_id)["state"] == "success"
    ended = {"plan": "success", "approve": "skipped", "apply": "skipped"}
    assert site.states("retention__sweep", run_id) == ended


def test_what_no_connection_takes_lies_in_a_file(site: Any, endings: dict[str, Any]) -> None:
    check = "validate_raw/critical_expectation_unmet"
    (incident,) = [
        i for i in site.catalog.incidents.find("ticks", state="open") if i.check == check
    ]
    assert endings["held"].batch in {b.batch for b in incident.batches}
    # Only what opens an incident is told; further batches join it in silence.
    first = min(incident.batches, key=lambda affected: affected.since)
    opened = f"ticks-incident-{incident.id}-opened-slack-"
    (message,) = [p for p in (site.home / "messages").iterdir() if p.name.startswith(opened)]
    told = message.read_text()
    assert check in told
    assert first.batch in told
    assert f"/dags/release__ticks/runs/{first.run_id}" in told


def test_every_file_of_the_home_lies_in_a_zone(site: Any, week: object) -> None:
    lake = Lake(site.home)
    assert [p for p in site.home.rglob("*") if lake.zone_of(p) is None] == []
    for name in ("landing", "quarantine", "secrets", "airflow"):
        assert (site.home / name).stat().st_mode & 0o777 == 0o700, name
