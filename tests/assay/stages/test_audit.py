"""Protected attributes that protect removes: judged, and readable by the gate alone."""

from __future__ import annotations

import ast
import csv
import io
import json
import stat
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from assay.errors import PolicyError
from assay.stages import run as stages
from assay.stages.authoring._check import check_project
from assay.stages.upkeep import apply_sweep, plan_sweep

DAY, INCLUDE = "2024-01-03", Path(stages.__file__).parents[2]
KEPT = "  team: {treatment: keep, rationale: The fairness gate compares its groups.}"
AUDIT = "  audit: {counts_from: landed_at, max_age_days: 60}\n"
POLICIES = "include/policies/visits"


def edit(ready: Any, noun: str, old: str, new: str) -> None:
    path = ready.project / POLICIES / f"{noun}.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.fixture
def removing(ready: Any) -> Any:
    """Teams are dropped; clip and drop steps treat them unevenly."""
    edit(ready, "privacy", KEPT, "  team: {treatment: drop}")
    edit(ready, "retention", "  spill:", AUDIT + "  spill:")
    return ready


def uneven(mini: Any) -> str:
    """Visits of a day where every tenth of team b, and nobody of team a, has an absurd score."""
    rows = list(csv.reader(io.StringIO(mini.visits(DAY))))
    for place, row in enumerate(rows[1:]):
        if row[4] == "b" and place % 20 == 1:
            row[3] = "99.5"
    return mini.as_csv(rows[0], rows[1:])


def judged(ready: Any, day: str = DAY) -> Any:
    found = ready.services.catalog.verdicts.find("visits", day)
    return next(r.verdict for r in reversed(found) if r.verdict.gate == "fairness")


def figures(verdict: Any) -> dict[tuple[str, str | None], Any]:
    return {(m.name, m.group): (m.value, m.n) for m in verdict.measurements}


def test_the_gate_judges_what_no_version_holds(ready: Any, removing: Any, mini: Any) -> None:
    ready.drop("visits", DAY, mini.visits(DAY))
    result = removing.run("visits", DAY)["fairness"]
    assert not result.holds

    rates = figures(judged(removing))
    assert rates["base_rate", "a"][1] + rates["base_rate", "b"][1] == mini.ROWS - 2
    work = next((removing.home / "work/visits" / DAY).glob("[!r]*"))
    for name in ("observed.parquet", "committed_observed.parquet", "candidate.parquet"):
        assert "team" not in pq.read_schema(work / name).names
    edit(removing, "privacy", "  team: {treatment: drop}", KEPT)
    removing.run("visits", DAY)
    kept = {k: v for k, v in figures(judged(removing)).items() if k[0] in ("base_rate", "rows")}
    assert kept.items() <= rates.items()


def test_the_partition_is_sealed_and_its_owners_alone(removing: Any, mini: Any) -> None:
    removing.drop("visits", DAY, mini.visits(DAY))
    removing.run("visits", DAY)
    (path,) = (removing.home / "audit").rglob("*.sealed")
    assert path.relative_to(removing.home / "audit").parts[:2] == ("visits", DAY)
    assert path.name == "2024-01.sealed"
    assert b"PAR1" not in path.read_bytes()
    below = [removing.home / "audit", *(removing.home / "audit").rglob("*")]
    assert {stat.S_IMODE(p.stat().st_mode) for p in below if p.is_dir()} == {0o700}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not list((removing.home / "spill").rglob("*.parquet"))
    before = path.read_bytes()
    path.unlink()
    removing.run("visits", DAY)  # it was lost: the same version writes the same bytes again
    assert path.read_bytes() == before


def test_without_a_period_nothing_is_kept(ready: Any, mini: Any) -> None:
    edit(ready, "privacy", KEPT, "  team: {treatment: drop}")
    ready.drop("visits", DAY, mini.visits(DAY))
    with pytest.raises(PolicyError, match="kept without a period"):
        ready.run("visits", DAY)
    assert not (ready.home / "audit").exists()
    found = check_project(ready.services.project, gx=False)
    assert [(p.what, p.got) for p in found] == [
        ("the audit zone has no period, and protected attributes will be kept in it", "team")
    ]
    assert found[0].where is not None
    assert "retention.yaml" in found[0].where


def test_the_check_says_that_cleaning_finds_no_dropped_column(removing: Any, mini: Any) -> None:
    """What the check lets pass would end in the run with an error."""
    path = removing.project / POLICIES / "cleaning.yaml"
    path.write_text(
        path.read_text()
        + "  - {step: derive, columns: {first: team = 'a'}}\n"
        + "budget: {columns: {team: {max_share: 0.1}}}\n"
        + "groups: {least_number: 10, levels: {team: [a, b]}}\n"
    )
    found = check_project(removing.services.project, gx=False)
    assert {p.what for p in found} == {"the privacy policy drops this column before cleaning"}
    places = ("groups.levels.team", "budget.columns.team", "steps.2.columns.first")
    assert sorted((p.where or "").split()[-1] for p in found) == sorted(places)
    assert {p.got for p in found} == {"team"}
    assert all("age, passed" in (p.expected or "") for p in found)
    assert sum("the fairness gate counts its groups" in (p.do or "") for p in found) == 1
    removing.drop("visits", DAY, mini.visits(DAY))
    with pytest.raises(PolicyError, match="no such column"):
        removing.run("visits", DAY)

    edit(removing, "privacy", "  team: {treatment: drop}", KEPT)
    assert check_project(removing.services.project, gx=False) == []


def test_the_sweep_takes_the_partition_and_then_its_key(removing: Any, mini: Any) -> None:
    removing.drop("visits", DAY, mini.visits(DAY))
    removing.run("visits", DAY)
    early, late = removing.later(days=50), removing.later(days=61)
    apply_sweep(early.services, plan_sweep(early.services).hash)
    assert list((removing.home / "audit").rglob("*.sealed"))
    assert list((removing.home / "secrets/sealed").rglob("*.key"))

    apply_sweep(late.services, plan_sweep(late.services).hash)

    assert not list((removing.home / "audit").rglob("*.sealed"))
    assert not list((removing.home / "secrets/sealed").rglob("*.key"))


def test_a_partition_that_is_gone_is_made_again(removing: Any, mini: Any) -> None:
    removing.drop("visits", DAY, mini.visits(DAY))
    removing.run("visits", DAY, until="drift")
    (path,) = (removing.home / "audit").rglob("*.sealed")
    sealed = path.read_bytes()
    path.unlink()
    (recorded,) = [r for r in removing.services.catalog.batches.history("visits") if r.batch == DAY]
    run = stages.resume(removing.services, "visits", DAY, recorded.run_id)
    assert stages.perform(run, "fairness").done["fairness"].outcome
    assert path.read_bytes() == sealed


def test_our_own_work_by_group(removing: Any, mini: Any) -> None:
    """Every tenth of team b is clipped; the reference days have no such score."""
    edit(
        removing,
        "cleaning",
        "  - {step: impute",
        "  - {step: outliers, by: {method: iqr, factor: 3}, action: clip, columns: [score]}\n"
        "  - {step: impute",
    )
    removing.drop("visits", DAY, uneven(mini))
    removing.run("visits", DAY)
    found = figures(judged(removing))
    assert found["rate of clip of score", "a"][0] == 0
    assert found["rate of clip of score", "b"] == (pytest.approx(25 / 249, abs=0.01), 249)
    assert found["rate of quarantine", "a"] == (pytest.approx(1 / 250), 250)
    for name in ("drop", "quarantine after cleaning"):
        assert found[f"rate of {name}", "b"] == (0, 249)
    gap = next(m for m in judged(removing).measurements if m.name == "difference of clip of score")
    assert gap.detail["low"] > 0


def test_rates_of_the_dropped_the_set_aside_and_the_filled(removing: Any, mini: Any) -> None:
    """Ages that cleaning drops, ages that the clean suite refuses, and scores that aren't there."""
    edit(
        removing,
        "cleaning",
        "  - {step: impute",
        "  - {step: outliers, by: {method: iqr, factor: 1.1}, action: drop, columns: [age]}\n"
        "  - {step: impute",
    )
    path = removing.project / "include/suites/visits/clean.json"
    suite = json.loads(path.read_text())
    limit = mini.expect("expect_column_values_to_be_between", "age", max_value=100)
    suite["expectations"].append(limit)
    path.write_text(json.dumps(suite))
    rows = [list(row) for row in mini.visit_rows(DAY)]
    for place, row in enumerate(rows[2:], start=2):
        if place % 10 == 3:  # team b: 50 rows
            row[2] = 119
        elif place % 20 == 5 or place % 100 == 10:  # 25 rows of team b, 5 of team a
            row[2] = 105
        elif place % 20 == 7:  # team b
            row[3] = ""
    removing.drop("visits", DAY, mini.as_csv(mini.HEADER, rows))

    removing.run("visits", DAY)

    found = figures(judged(removing))
    assert found["rate of drop", "a"] == (0, 249)
    assert found["rate of drop", "b"] == (pytest.approx(50 / 249), 249)
    assert found["rate of quarantine after cleaning", "a"] == (pytest.approx(5 / 249), 249)
    assert found["rate of quarantine after cleaning", "b"] == (pytest.approx(25 / 249), 249)
    assert found["difference of drop", "b"][0] == pytest.approx(50 / 249)
    left = [row for row in rows[2:] if row[2] <= 100]
    for team, n in {"a": 244, "b": 174}.items():
        scores = [row[3] for row in left if row[4] == team]
        rate = pytest.approx(scores.count("") / n)
        assert len(scores) == n
        assert found["rate of imputation of score", team] == (rate, n)
    assert found["rate of imputation of score", "b"][0] > 25 / 174


def test_the_partition_ends_with_its_version(removing: Any, mini: Any) -> None:
    """Long before the zone's own period is over, which here is longer than the version's."""
    path = removing.project / POLICIES / "retention.yaml"
    longer = path.read_text().replace(AUDIT, AUDIT.replace("60", "900"))
    path.write_text(
        longer
        + "versions:\n"
        + "  released: {counts_from: released_at, max_age_days: 100, grace_days: 10,\n"
        + "    rollback_points: 1, then: remove}\n"
        + "  unreleased: {counts_from: landed_at, max_age_days: 50}\n"
        + "  trash_days: 5\n"
    )
    removing.drop("visits", DAY, mini.visits(DAY))
    removing.run("visits", DAY)
    version = removing.services.registry.snapshot("visits").batches[DAY]
    folder = removing.home / "audit" / "visits" / DAY / version
    for days, there in ((101, True), (111, False)):
        services = removing.later(days=days).services
        assert list(folder.glob("*.sealed")), "until then it is there"
        apply_sweep(services, plan_sweep(services).hash)
        removed = [s.version for s in services.registry.tombstones("visits") if s.removed]
        assert (version in removed) != there
        assert folder.exists() == there


def test_nothing_else_opens_the_partition() -> None:
    """One stage writes it and one reads it; no operator, command or other stage does."""
    root = INCLUDE.parent.parent
    files = [p for d in ("include", "dags", "plugins") for p in (root / d).rglob("*.py")]
    users: dict[str, set[str]] = {"unseal_file": set(), "with_audit": set(), "write_audit": set()}
    for path in files:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                users.get(node.func.id, set()).add(path.name)
    assert users == {
        "unseal_file": {"_audit.py", "_row_numbers.py"},  # row numbers, by keys of their own
        "with_audit": {"_fairness.py"},
        "write_audit": {"_protect.py"},
    }


def test_the_check_says_that_no_suite_finds_a_column_that_is_not_there(removing: Any) -> None:
    """Its expectations would be judged by nothing."""
    for name in ("raw", "clean"):
        path = removing.project / "include/suites/visits" / f"{name}.json"
        suite = json.loads(path.read_text())
        for column in ("team", "scroe"):
            suite["expectations"].append(
                {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": column}}
            )
        path.write_text(json.dumps(suite))
    found = check_project(removing.services.project, gx=False)
    assert [((p.where or "").split("/")[-1].split(":")[0], p.got, p.do) for p in found] == [
        ("raw.json", "scroe", "Did you mean 'score'?"),
        ("clean.json", "team", "Judge it in raw.json, or treat it otherwise in privacy.yaml."),
        ("clean.json", "scroe", "Did you mean 'score'?"),
    ]


def test_the_check_says_that_drift_finds_no_dropped_column(removing: Any) -> None:
    path = removing.project / POLICIES / "drift.yaml"
    text = path.read_text()
    path.write_text(
        text.replace(
            "columns:\n", "columns:\n  team: {test: chi_square, effect: cramers_v, limit: 0.4}\n"
        )
    )
    found = check_project(removing.services.project, gx=False)
    assert [(p.what, p.got) for p in found] == [
        ("the privacy policy drops this column before the drift gate reads it", "team")
    ]
    assert (found[0].where or "").endswith("drift.yaml:7 columns.team")


def test_an_attribute_in_bins_has_the_levels_of_its_bins(ready: Any, mini: Any) -> None:
    """Check and gate agree: the bins are the closed list, whatever the contract lists."""
    fairness = ready.project / POLICIES / "fairness.yaml"
    text = fairness.read_text()
    attribute = "  age: {reference: '[30, 50)', required_groups: ['[30, 50)']}\n"
    fairness.write_text(text.replace("attributes:\n", "attributes:\n" + attribute))
    (found,) = check_project(ready.services.project, gx=False)
    assert (found.what, found.do) == (
        "a protected attribute needs a closed list of levels",
        "List its levels in the contract or here, or bin it in privacy.yaml.",
    )
    edit(ready, "privacy", "columns:\n", "columns:\n  age: {treatment: generalise, "
         "to: {kind: bins, edges: [30, 50]}, rationale: Coarse.}\n")  # fmt: skip
    assert check_project(ready.services.project, gx=False) == []

    ready.drop("visits", DAY, mini.visits(DAY))
    ready.run("visits", DAY)
    (verdict,) = (
        v.verdict
        for v in ready.services.catalog.verdicts.find("visits", DAY)
        if v.verdict.gate == "fairness"
    )
    groups = {m.group for m in verdict.measurements if m.column == "age"}
    assert "[30, 50)" in groups
    assert groups <= {"<30", "[30, 50)", ">=50", None, "missing"}
