"""The whole train without Airflow: what becomes of a batch, and what a second run changes."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from assay.errors import ContractError, InputError, LeaseError, RegistryError, UndecidedError
from assay.stages import run as stages
from assay.stages.index import follow_registry
from assay.stages.run import chain
from assay.stages.upkeep import accept_history, apply_sweep, plan_sweep, rebuild_catalog
from assay.verdict import Outcome

DAY = "2024-01-03"


def test_an_ordinary_day_is_released(ready: Any, mini: Any) -> None:
    ready.drop("visits", DAY, mini.visits(DAY))

    done = ready.run("visits", DAY)

    idle = ["label_noise"]  # on request, and nobody asks
    assert list(done) == [*(n for n in chain.names() if n not in idle), "release"]
    batch = ready.batch("visits", DAY)
    assert batch["state"] == "released"
    assert batch["verdict"] == "WARN"  # two rows of an age nobody reaches
    assert (batch["rows_in"], batch["rows_released"], batch["rows_quarantined"]) == (500, 498, 2)
    assert batch["reasons"] == ["rows_quarantined"]
    released = ready.dataset("visits")["released"]
    assert released == {"snapshot": 3, "version": batch["version"], "batch": DAY}


def test_the_first_days_pass_without_a_reference(ready: Any, mini: Any) -> None:
    for day in mini.REFERENCE_DAYS:
        batch = ready.batch("visits", day)
        assert batch["state"] == "released"
        verdicts = ready.services.catalog.verdicts.find("visits", day, batch["version"])
        codes = {v.verdict.gate: [r.code for r in v.verdict.reasons] for v in verdicts}
        assert "bootstrap_batch" in codes["drift"]


@pytest.mark.parametrize("asked", [{"stop_before_release": True}, {}])
def test_what_readers_have_stays_a_reference(ready: Any, mini: Any, asked: Any) -> None:
    first = mini.REFERENCE_DAYS[0]
    faults = 2 if asked else 400
    ready.drop("visits", first, mini.visits(first, shift=1, faults=faults))
    ready.run("visits", first, **asked)
    assert ready.batch("visits", first)["state"] == ("candidate" if asked else "held")
    ready.drop("visits", DAY, mini.visits(DAY))

    ready.run("visits", DAY)

    assert ready.batch("visits", DAY)["state"] == "released"


def test_a_day_that_isnt_listed_waits_for_its_reference(train: Any, mini: Any) -> None:
    train.drop("sites", "2024", mini.sites())
    train.run("sites", "2024")
    train.drop("visits", mini.REFERENCE_DAYS[0], mini.visits(mini.REFERENCE_DAYS[0], faults=400))
    train.run("visits", mini.REFERENCE_DAYS[0])  # held by its rows, so undecided
    train.drop("visits", DAY, mini.visits(DAY))

    with pytest.raises(UndecidedError, match="earlier_batch_undecided"):
        train.run("visits", DAY)


def test_no_release_of_the_reference_table_is_said(train: Any, mini: Any) -> None:
    train.drop("visits", DAY, mini.visits(DAY))

    with pytest.raises(InputError, match="release__sites"):
        train.run("visits", mini.REFERENCE_DAYS[0])


@pytest.mark.parametrize("key", ["../../etc", "2024-1-3", "2024-02-30", "2024-01-03/..", "", "%00"])
def test_a_key_that_isnt_canonical_touches_nothing(ready: Any, key: str) -> None:
    before = ready.contents()

    with pytest.raises((ContractError, InputError)):
        ready.run("visits", key)

    assert ready.contents() == before


def test_too_many_bad_rows_hold_the_batch_at_once(ready: Any, mini: Any) -> None:
    ready.drop("visits", DAY, mini.visits(DAY, faults=120))

    done = ready.run("visits", DAY)

    assert list(done) == ["ingest", "validate_raw", "release"]
    batch = ready.batch("visits", DAY)
    assert (batch["state"], batch["verdict"], batch["version"]) == ("held", "FAIL", None)
    assert batch["reasons"][:2] == ["quarantine_share_above_limit", "rows_quarantined"]
    assert done["release"].reasons[0] == "quarantine_share_above_limit"
    assert (batch["rows_held"], batch["rows_quarantined"]) == (380, 120)
    incident = ready.dataset("visits")["incidents"][0]
    assert incident["batches"] == [DAY]
    assert list((ready.home / "messages").rglob("*.*"))


def test_drift_holds_and_the_next_good_delivery_closes_the_incident(ready: Any, mini: Any) -> None:
    ready.drop("visits", DAY, mini.visits(DAY, shift=8))
    done = ready.run("visits", DAY)
    assert done["drift"].outcome is Outcome.FAIL
    held = ready.batch("visits", DAY)
    assert (held["state"], held["rows_held"]) == ("held", 498)
    assert held["version"] is not None
    assert ready.dataset("visits")["released"]["batch"] == mini.REFERENCE_DAYS[1]

    ready.drop("visits", DAY, mini.visits(DAY))
    ready.run("visits", DAY)

    assert ready.batch("visits", DAY)["state"] == "released"
    assert ready.dataset("visits")["incidents"] == []


def test_a_forced_batch_says_so_for_ever(ready: Any, mini: Any) -> None:
    ready.drop("visits", DAY, mini.visits(DAY, shift=8))
    ready.run("visits", DAY)

    ready.run("visits", DAY, force=True, reason="known recalibration", approved_by="second")

    batch = ready.batch("visits", DAY)
    assert (batch["state"], batch["verdict"]) == ("forced", "FAIL")
    snapshot = ready.services.registry.snapshot("visits")
    assert snapshot.forced == (DAY,)
    assert (snapshot.author, snapshot.reason) == ("second", "forced: known recalibration")
    assert ready.dataset("visits")["incidents"] == []


def test_asking_without_an_approval_leaves_it_held(ready: Any, mini: Any) -> None:
    ready.drop("visits", DAY, mini.visits(DAY, shift=8))

    ready.run("visits", DAY, force=True, reason="please")

    assert ready.batch("visits", DAY)["state"] == "held"


def test_an_approval_releases_a_batch_that_its_rows_held(ready: Any, mini: Any) -> None:
    ready.drop("visits", DAY, mini.visits(DAY, faults=120))

    ready.run("visits", DAY, force=True, reason="half a day is better", approved_by="second")

    batch = ready.batch("visits", DAY)
    assert (batch["state"], batch["rows_released"]) == ("forced", 380)


def test_stopping_before_the_release_leaves_a_candidate(ready: Any, mini: Any) -> None:
    ready.drop("visits", DAY, mini.visits(DAY))

    ready.run("visits", DAY, stop_before_release=True)

    batch = ready.batch("visits", DAY)
    assert (batch["state"], batch["rows_held"], batch["rows_released"]) == ("candidate", 498, 0)
    assert ready.dataset("visits")["released"]["snapshot"] == 2
    ready.run("visits", DAY)
    assert ready.batch("visits", DAY)["version"] == batch["version"]
    assert ready.dataset("visits")["released"]["snapshot"] == 3


def test_a_second_run_changes_nothing(ready: Any, mini: Any) -> None:
    ready.drop("visits", DAY, mini.visits(DAY))
    ready.run("visits", DAY)
    before, snapshots = ready.contents(), ready.services.registry.snapshots("visits")

    for day in (*mini.REFERENCE_DAYS, DAY):
        ready.run("visits", day)
    ready.run("visits", DAY, stop_before_release=True)

    assert ready.contents() == before
    assert ready.services.registry.snapshots("visits") == snapshots


def test_a_second_run_without_the_working_folder_writes_the_same_bytes(
    ready: Any, mini: Any
) -> None:
    import shutil

    ready.drop("visits", DAY, mini.visits(DAY))
    ready.run("visits", DAY)
    before = ready.contents()

    shutil.rmtree(ready.home / "work")
    ready.run("visits", DAY)  # the registry compares the bytes with those that it has

    assert ready.contents() == before


def test_two_runs_of_one_batch_cant_both_work(ready: Any, mini: Any) -> None:
    ready.drop("visits", DAY, mini.visits(DAY))
    ready.run("visits", DAY, until="protect")

    with pytest.raises(LeaseError, match="another run works on this batch"):
        ready.run("visits", DAY)

    late = ready.later(hours=1)
    late.count = 70
    late.run("visits", DAY)
    assert late.batch("visits", DAY)["state"] == "released"


def test_a_run_that_lost_its_batch_writes_nothing_more(ready: Any, mini: Any) -> None:
    from assay.stages import run as stages

    ready.drop("visits", DAY, mini.visits(DAY))
    services = ready.services
    slow = stages.pin(services, "visits", DAY, "slow", "manual")
    slow = stages.perform(slow, "ingest")
    fast = ready.later(hours=1)
    fast.run("visits", DAY)
    before = ready.contents()

    with pytest.raises(LeaseError):
        stages.perform(slow, "validate_raw")
    with pytest.raises(LeaseError):
        stages.release(slow)

    assert ready.contents() == before


def test_a_run_that_lost_its_batch_moves_no_pointer(ready: Any, mini: Any) -> None:
    from assay.stages import run as stages

    ready.drop("visits", DAY, mini.visits(DAY))
    services = ready.services
    slow = stages.pin(services, "visits", DAY, "slow", "manual")
    for name in chain.names():
        slow = mini.perform(slow, name)
    stages.pin(ready.later(hours=1).services, "visits", DAY, "fast", "manual")

    with pytest.raises(LeaseError):
        stages.release(slow)

    assert services.registry.snapshot("visits").number == 2


@pytest.mark.parametrize("gap", ["validate_raw", "validate_clean", "drift", "fairness"])
def test_what_a_gate_never_judged_is_not_released(ready: Any, mini: Any, gap: str) -> None:
    from assay.stages import run as stages

    ready.drop("visits", DAY, mini.visits(DAY))
    services = ready.services
    again = stages.pin(services, "visits", DAY, "again", "manual")
    for name in chain.names():
        again = mini.perform(again, name)
    rest = {n: r for n, r in again.results.items() if n != gap}

    with pytest.raises(InputError, match=gap):
        stages.release(stages.Run(services, again.spec, rest))

    assert services.registry.snapshot("visits").number == 2


def test_a_rehearsal_against_one_reference_judges_for_itself_only(ready: Any, mini: Any) -> None:
    policy = ready.project / "include" / "policies" / "visits" / "drift.yaml"
    first = "  first_days: {kind: pinned, batches: [2024-01-01, 2024-01-02]}\n"
    second = "  shifted_day: {kind: pinned, batches: [2024-01-03]}\n"
    day = "2024-01-04"
    ready.drop("visits", DAY, mini.visits(DAY, shift=8))
    ready.run("visits", DAY, force=True, reason="known", approved_by="second")
    text = policy.read_text()
    policy.write_text(text.replace(first, first + second))
    ready.drop("visits", day, mini.visits(day))

    alone = ready.run("visits", day, reference="first_days", stop_before_release=True)
    whole = ready.run("visits", day)

    assert alone["drift"].outcome is Outcome.PASS
    assert whole["drift"].outcome is not Outcome.PASS
    assert ready.batch("visits", day)["state"] == "held"


def test_when_an_input_came_is_measured_once_and_no_part_of_its_version(
    ready: Any, mini: Any
) -> None:
    end = dt.datetime(2024, 1, 4, tzinfo=dt.UTC)
    clocks = [lambda h=hours: end + dt.timedelta(hours=h) for hours in (5, 29)]
    ready.drop("visits", DAY, mini.visits(DAY))
    first, second = (mini.Train(ready.project, ready.home, clock) for clock in clocks)
    done = first.run("visits", DAY, run_id="first")
    objects = ready.objects()
    again = second.run("visits", DAY, run_id="second")

    assert again["ingest"].hours_after_batch == 5.0
    seen = ready.services.catalog.verdicts.trend("visits", "arrival_latency", gate="ingest")
    assert [p.value for p in seen if p.batch == DAY] == [5.0]
    assert ready.objects() == objects
    page = ready.home / done["release"].report
    assert "5.0 hours" in page.read_text()


def test_a_crashed_run_leaves_the_batch_undecided(ready: Any, mini: Any) -> None:
    from assay.stages import run as stages

    ready.drop("visits", DAY, mini.visits(DAY))
    services = ready.services
    run = stages.pin(services, "visits", DAY, "crashes", "manual")
    run = stages.perform(run, "ingest")
    stages.abandon(run)
    refused = InputError("the source refuses the request", got=401)
    stages.keep_crash(services, ("visits", DAY, "crashes"), "protect", refused)
    stages.notify(run, mini.transports(services), crashed="protect")

    batch = ready.batch("visits", DAY)
    assert (batch["state"], batch["reasons"]) == ("running", ["stage_crashed"])
    said = (
        "protect ended in an error, so the run decided nothing. "
        "Why: the source refuses the request. Got 401."
    )
    assert batch["why"] == [said]
    assert any(said in p.read_text() for p in (ready.home / "messages").rglob("*.json"))
    ready.run("visits", DAY)
    assert ready.batch("visits", DAY)["state"] == "released"
    assert ready.dataset("visits")["incidents"] == []


def test_an_empty_catalog_is_restored_from_the_registry(ready: Any, mini: Any) -> None:
    _derive(ready.project / "include" / "policies" / "visits" / "cleaning.yaml")
    other = "2024-01-04"
    for day, shift in ((DAY, 8), (other, 0)):
        ready.drop("visits", day, mini.visits(day, shift=shift))
    ready.run("visits", DAY, force=True, reason="known", approved_by="second")
    ready.run("visits", other)
    before, catalog = _index(ready), ready.services.catalog
    about = _about_versions(ready)
    assert about["visits", DAY]["derived"] == {
        "score_tenth": {"expression": "score / 10", "from": ["score"], "roots": ["score"]}
    }

    (ready.home / "catalog" / "catalog.db").rename(ready.home / "catalog" / "lost.db")
    services = ready.services
    with pytest.raises(RegistryError, match="this catalog isn't the one"):
        rebuild_catalog(services)
    accept_history(services, reason="the catalog is lost", author="vera")
    rebuild_catalog(services)

    assert _index(ready) == before
    assert before["states"]["visits"][DAY] == "forced"
    version = ready.batch("visits", DAY)["version"]
    assert _about_versions(ready) == about
    assert set(services.catalog.versions.lineage("visits", DAY, version)) == set(
        catalog.versions.lineage("visits", DAY, version)
    )
    contents = ready.contents()["objects"]
    ready.run("visits", other)  # the restored catalog goes on
    assert ready.contents()["objects"] == contents


def _index(train: Any) -> dict[str, Any]:
    catalog = train.services.catalog
    found = catalog.status()["datasets"]
    no_history = {"verdict", "reasons", "why"}  # are the catalog's own; its backup holds them
    return {
        "states": {d["name"]: {b["batch"]: b["state"] for b in d["batches"]} for d in found},
        "batches": {
            d["name"]: [{k: v for k, v in b.items() if k not in no_history} for b in d["batches"]]
            for d in found
        },
        "released": {d["name"]: d["released"] for d in found},
        "snapshots": {d["name"]: catalog.snapshots.find(d["name"]) for d in found},
        "versions": {d["name"]: catalog.versions.find(d["name"]) for d in found},
    }


def _about_versions(train: Any) -> dict[tuple[str, str], dict[str, Any]]:
    with contextlib.closing(sqlite3.connect(train.home / "catalog" / "catalog.db")) as catalog:
        found = catalog.execute("SELECT dataset, batch, meta FROM versions")
        return {(dataset, batch): json.loads(meta) for dataset, batch, meta in found}


def _derive(policy: Path) -> None:
    """A column that the cleaning policy makes from another."""
    step = "  - {step: derive, columns: {score_tenth: score / 10}}\n"
    policy.write_text(policy.read_text() + step)


def test_a_rollback_survives_the_rebuild(ready: Any, mini: Any) -> None:
    ready.drop("visits", DAY, mini.visits(DAY))
    ready.run("visits", DAY)
    services, at = ready.services, ready.now()
    services.registry.rollback("visits", 2, reason="try", author="tester", at=at)
    follow_registry(services)
    before = ready.dataset("visits")
    assert before["released"]["snapshot"] == 2
    assert ready.batch("visits", DAY)["state"] == "superseded"

    (ready.home / "catalog" / "catalog.db").unlink()
    services = ready.services
    with pytest.raises(RegistryError, match="this catalog isn't the one"):
        rebuild_catalog(services)
    accept_history(services, reason="the catalog is lost", author="vera")
    rebuild_catalog(services)

    assert ready.dataset("visits")["released"] == before["released"]
    with contextlib.suppress(StopIteration):  # the restored catalog knows no run of it
        assert ready.batch("visits", DAY)["state"] == "superseded"


def test_a_missing_file_is_said_and_a_later_run_repairs(ready: Any, mini: Any) -> None:
    done = ready.run("visits", DAY)
    assert done["ingest"].reasons == ("source_missing",)
    assert ready.batch("visits", DAY)["state"] == "held"

    ready.drop("visits", DAY, mini.visits(DAY))
    ready.run("visits", DAY)

    assert ready.batch("visits", DAY)["state"] == "released"


def test_retention_of_the_home_leaves_what_is_released(ready: Any) -> None:

    before = ready.contents()
    late = ready.later(days=200)
    plan = plan_sweep(late.services)
    assert plan.removals
    assert plan_sweep(late.services).hash == plan.hash

    with pytest.raises(InputError):
        apply_sweep(late.services, "0" * 64)
    apply_sweep(late.services, plan.hash)

    assert ready.contents() == before
    assert plan_sweep(late.services).removals == ()
    assert not list((ready.home / "landing").rglob("*.parquet"))


def test_a_reference_that_runs_again_is_waited_for_until_it_crashes(ready: Any, mini: Any) -> None:
    services = ready.services
    again = stages.pin(services, "visits", mini.REFERENCE_DAYS[0], "again", "manual")
    with pytest.raises(UndecidedError, match="earlier_batch_undecided"):
        stages.pin(services, "visits", DAY, "early", "manual")

    stages.abandon(again)

    after = stages.pin(services, "visits", DAY, "late", "manual")
    assert {b for batches in after.spec.pinned.references.values() for b in batches} == {
        *mini.REFERENCE_DAYS
    }


def test_a_gate_whose_code_has_changed_judges_again(ready: Any, mini: Any) -> None:
    ready.drop("visits", DAY, mini.visits(DAY))
    ready.run("visits", DAY)
    (found,) = ready.home.glob(f"work/visits/{DAY}/[!r]*/drift.json")
    judged = found.read_text()
    content = json.loads(judged)["content"]
    outdated = {**content, "judging": 0, "result": {**content["result"], "reasons": ["outdated"]}}
    about = ["version", "visits", DAY, found.parent.name, "drift"]
    found.write_text(ready.services.seal.close(about, outdated))

    ready.run("visits", DAY)

    assert found.read_text() == judged
