"""Verbs on a project and its home: new, check, status, versions, catalog, retention, and help."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

DAY = "2024-01-03"
BATCH_KEYS = [
    *("batch", "verdict", "not_judged", "state", "rows_in", "rows_released", "rows_held"),
    *("rows_quarantined", "rows_dropped", "rows_suppressed", "reasons", "version", "with_readers"),
    "why",
]


def test_status_has_the_pinned_shape(assay: Any, services: Any, mini: Any) -> None:
    services.drop("visits", DAY, mini.visits(DAY, shift=8))
    services.run("visits", DAY)

    said = assay("status", "--json")

    assert said.code == 0
    assert list(said.json) == ["datasets"]
    sites, visits = said.json["datasets"]
    assert list(sites) == ["name", "released", "batches", "incidents", "outdated", "late"]
    assert list(visits["released"]) == ["snapshot", "version", "batch"]
    assert visits["released"]["batch"] == mini.REFERENCE_DAYS[1]
    assert [list(b) for b in visits["batches"]] == [BATCH_KEYS] * 3
    held = visits["batches"][-1]
    assert (held["state"], held["verdict"], held["rows_held"]) == ("held", "FAIL", 498)
    incident = visits["incidents"][0]
    assert list(incident) == [
        "id", "check", "opened", "batches", "state", "acknowledged", "snoozed_until",
    ]  # fmt: skip
    assert (incident["batches"], incident["state"]) == ([DAY], "open")
    text = assay("status", "visits")
    assert text.code == 0
    assert DAY in text.out
    assert "drift_detected" in text.out
    assert held["why"]
    assert all(sentence in text.out for sentence in held["why"][:3])


def test_status_filters(assay: Any, services: Any, mini: Any) -> None:
    assert "No batch is held." in assay("status", "--held").out
    services.drop("visits", DAY, mini.visits(DAY, shift=8))
    services.run("visits", DAY)

    held, last = assay("status", "--held"), assay("status", "visits", "--last", "2", "--json")

    assert "sites" not in held.out
    assert mini.REFERENCE_DAYS[0] not in held.out.replace("newest batch", "")
    assert f"{DAY} is held:" in held.out
    assert "differs from" in held.out
    assert "the limit is" in held.out
    assert "what to do: include/docs/runbooks/drift_detected.md" in held.out
    batches = [b["batch"] for b in last.json["datasets"][0]["batches"]]
    assert batches == [mini.REFERENCE_DAYS[1], DAY]
    only = assay("status", "visits", "--held", "--json").json["datasets"][0]["batches"]
    assert [b["batch"] for b in only] == [DAY]


def test_status_says_what_readers_have_whatever_a_later_run_came_to(
    assay: Any, services: Any, mini: Any
) -> None:
    first, second = mini.REFERENCE_DAYS
    version = services.batch("visits", second)["version"]
    services.drop("visits", DAY, mini.visits(DAY, shift=8))
    services.run("visits", DAY)
    services.run("visits", second, until="pin")
    number = assay("incidents", "list", "--json").json["incidents"][0]["id"]
    assert assay("incidents", "snooze", number, "--until", "3d", "--reason", "later").code == 0

    told = assay("status", "visits")

    assert f"running, released as {version[:12]}" in told.out
    assert f"incident {number}, " in told.out
    assert "snoozed until" in told.out
    batches = {b["batch"]: b for b in assay("status", "--json").json["datasets"][1]["batches"]}
    assert batches[second]["with_readers"] == version
    assert batches[DAY]["with_readers"] is None
    assert f"released as {batches[first]['version'][:12]}" not in told.out


def test_the_history_of_scores_stands_beside_the_limits(
    assay: Any, services: Any, mini: Any, tmp_path: Path
) -> None:
    policy = services.project / "include" / "policies" / "visits" / "quality.yaml"
    limit = "scores: {raw: {validity: {min: 0.999, severity: warning}}}\n"
    policy.write_text(policy.read_text() + limit)
    services.drop("visits", DAY, mini.visits(DAY, faults=9))
    services.run("visits", DAY)
    page = tmp_path / "scores.html"

    said = assay("quality", "history", "visits", "--json", "--html", page)

    assert said.code == 0
    raw, clean = said.json["stages"]
    assert (raw["stage"], clean["stage"]) == ("raw", "clean")
    assert raw["batches"] == [*mini.REFERENCE_DAYS, DAY]
    validity = raw["dimensions"]["validity"]
    assert validity["limit"]["min"] == 0.999
    assert validity["scores"][2] < validity["scores"][0] <= 1
    assert raw["dimensions"]["timeliness"]["scores"] == [None] * 3
    assert validity["scores"][2] < 0.999
    assert "quality_score_below_limit" in services.batch("visits", DAY)["reasons"]
    assert page.read_text().count("<circle") >= 9
    shown = assay("quality", "history", "visits", "--last", "1")
    assert DAY in shown.out
    assert mini.REFERENCE_DAYS[0] not in shown.out
    assert assay("quality", "history", "visitz").code == 2


def test_status_of_released_data_loads_no_engine(services: Any) -> None:
    """They take longer to import than the list to read: whoever asks for it waits for neither."""
    heavy = ("ibis", "duckdb", "pandas", "numpy", "pyarrow", "sklearn", "scipy", "airflow")
    asked = (
        "import sys; from assay.cli._main import run; code = run(['status']); "
        f"print([m for m in {heavy!r} if m in sys.modules], file=sys.stderr); sys.exit(code)"
    )
    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert "released" in said.stdout
    assert said.stderr.splitlines()[-1] == "[]"


def test_status_of_a_fresh_project(assay: Any, train: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_PROJECT", str(train.project))
    monkeypatch.setenv("ASSAY_HOME", str(train.home))
    empty = [
        {"name": n, "released": None, "batches": [], "incidents": [], "outdated": [], "late": {}}
        for n in ("sites", "visits")
    ]
    assert assay("status", "--json").json == {"datasets": empty}
    assert assay("status").code == 0
    assert assay("versions", "list", "visits", "--json").json["pointer"] is None
    assert assay("catalog", "rebuild", "--json").code == 0
    assert assay("retention", "plan", "--json").code == 0
    assert assay("versions", "checkout", "visits", "--to", train.home.parent / "x").code == 2
    assert assay("versions", "rollback", "visits", "1", "--reason", "x").code == 2
    assert assay("versions", "diff", "visits", "@1", "@2").code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("status", "visit"),
        ("versions", "list", "visit"),
        ("versions", "show", "visit", DAY),
        ("versions", "diff", "visit", "@1", "@2"),
        ("versions", "checkout", "visit", "--to", "x"),
        ("versions", "rollback", "visit", "1", "--reason", "x"),
    ],
)
def test_a_data_set_of_another_name(assay: Any, services: Any, arguments: tuple[str, ...]) -> None:
    said = assay(*arguments)

    assert (said.code, said.out) == (2, "")
    assert "Did you mean 'visits'?" in said.err


def test_a_broken_contract_hides_nothing(assay: Any, services: Any) -> None:
    (services.project / "include" / "contracts" / "visits.odcs.yaml").write_text("name: [\n")
    assert assay("status", "visits", "--json").code == 0
    assert assay("versions", "list", "visits").code == 0


def test_versions(assay: Any, services: Any, mini: Any, tmp_path: Path) -> None:
    first, second = mini.REFERENCE_DAYS

    listed = assay("versions", "list", "visits", "--json").json
    assert listed["pointer"]["snapshot"] == 2
    assert [s["number"] for s in listed["snapshots"]] == [1, 2]
    version = listed["snapshots"][0]["version"]
    assert listed["snapshots"][0]["batch"] == first
    assert [s["size"] for s in listed["snapshots"]] == [1, 2]

    shown = assay("versions", "show", "visits", version[:8], "--json")
    assert shown.json["version"] == version
    assert {e["kind"] for e in shown.json["lineage"]} == {"input", "reference_table", "rules"}
    assert {v["gate"] for v in shown.json["verdicts"]} >= {"validate_raw", "drift", "fairness"}
    assert shown.json["released"]
    assert (shown.json["counts"]["released"], "held" in shown.json["counts"]) == (498, False)
    assert assay("versions", "show", "visits", "2024-09-09").code == 2
    whole = assay("versions", "show", "visits", "@1")
    assert (whole.code, version in whole.out) == (0, True)
    assert list(assay("versions", "show", "visits", "@2", "--json").json["batches"]) == [
        first, second,
    ]  # fmt: skip
    assert assay("versions", "show", "visits", "@9").code == 2

    diff = assay("versions", "diff", "visits", first, second, "--json")
    assert diff.code == 0
    assert "MRK" not in json.dumps(diff.json)
    assert assay("versions", "diff", "visits", "@1", "@2").code == 0
    assert assay("versions", "diff", "visits", "@1", "@9").code == 2

    out = tmp_path / "out"
    assert assay("versions", "checkout", "visits", "--to", out).code == 0
    assert sorted(p.name for p in out.iterdir()) == [f"{d}.parquet" for d in (first, second)]


def test_a_batch_that_isnt_released_is_named_by_its_candidates(
    assay: Any, services: Any, mini: Any
) -> None:
    services.drop("visits", DAY, mini.visits(DAY, shift=8))
    services.run("visits", DAY)
    version = services.batch("visits", DAY)["version"]

    said = assay("versions", "diff", "visits", mini.REFERENCE_DAYS[0], DAY)

    assert said.code == 2
    assert "isn't released" in said.err
    assert version[:12] in said.err
    assert assay("versions", "show", "visits", version, "--json").json["counts"]["held"] == 498


def test_rollback_is_on_record(assay: Any, services: Any, mini: Any) -> None:
    assert assay("versions", "rollback", "visits", "1").code == 2  # no reason
    assert assay("versions", "rollback", "visits", "9", "--reason", "x").code == 2

    said = assay("versions", "rollback", "visits", "1", "--reason", "bad day [/d]", "--json")

    assert said.json["rollbacks"][0]["reason"] == "bad day [/d]"
    visits = assay("status", "visits", "--json").json["datasets"][0]
    assert visits["released"]["snapshot"] == 1
    assert [b["state"] for b in visits["batches"]] == ["released", "superseded"]
    listed = assay("versions", "list", "visits")
    assert listed.code == 0
    assert listed.out.splitlines()[-1].lstrip().startswith("→")


def test_the_catalog_is_rebuilt(assay: Any, services: Any) -> None:
    before = assay("versions", "list", "visits", "--json").out
    (services.home / "catalog" / "catalog.db").unlink()

    refused = assay("catalog", "rebuild")
    assert refused.code == 2
    assert "--accept-history" in refused.err
    said = assay("catalog", "rebuild", "--accept-history", "--reason", "it is lost", "--json")

    assert said.json == {"versions": {"sites": 1, "visits": 2}}
    assert assay("versions", "list", "visits", "--json").out == before
    visits = assay("status", "visits", "--json").json["datasets"][0]
    assert [b["state"] for b in visits["batches"]] == ["released", "released"]


def test_retention_applies_what_was_planned_alone(assay: Any, services: Any) -> None:
    plan = assay("retention", "plan", "--json")

    assert plan.code == 0
    refused = assay("retention", "apply", "0" * 64)
    assert (refused.code, refused.out) == (2, "")
    assert assay("retention", "evidence", plan.json["hash"]).code == 2, "it wasn't applied"
    wrong = assay("retention", "apply", plan.json["hash"], "--approve", "0" * 12)
    assert "what is approved isn't the plan" in wrong.err
    assert assay("retention", "apply", plan.json["hash"], "--json").code == 0
    found = assay("retention", "evidence", plan.json["hash"], "--json")
    assert found.code == 0
    assert all(place["found"] == 0 for place in found.json["searched"])
    assert "all of it is gone" in assay("retention", "evidence", plan.json["hash"]).out


def test_new_then_check(assay: Any, services: Any, tmp_path: Path, mini: Any) -> None:
    sample = tmp_path / "loans.csv"
    sample.write_text(mini.visits("2024-01-01"))

    made = assay("new", "loans", "--from", sample, "--first", "2024-01-01", "--json")
    assert made.code == 0, made.err
    assert all(Path(p).is_file() for p in made.json["written"])
    checked = assay("check", "--no-gx", "--json")
    assert checked.code == 0, checked.err
    assert (checked.json["problems"], checked.json["silences"]) == ([], [])
    (still,) = checked.json["open"]
    assert (still["dataset"], still["notified"]) == ("loans", False)
    assert still["confirm"] > 5
    again = assay("new", "loans", "--from", sample)
    assert (again.code, again.out) == (2, "")
    for name in ("../x", "Loans", ""):
        assert assay("new", name, "--from", sample).code == 2
    assert assay("new", "other", "--from", "gone.csv").code == 2


def test_calibrated_limits_can_be_judged_and_say_when_they_fall(
    assay: Any, services: Any, mini: Any, tmp_path: Path
) -> None:
    first, second = mini.REFERENCE_DAYS
    files = tmp_path / "days"
    files.mkdir()
    whole = mini.visits(first).splitlines()
    (files / f"{first}.csv").write_text("\n".join(whole[:401]) + "\n")
    (files / f"{second}.csv").write_text(mini.visits(second))
    policy = services.project / "include" / "policies" / "visits" / "drift.yaml"
    policy.write_text(policy.read_text().replace("limit: 0.2}", "limit: 0.01}"))

    asked = ("drift", "calibrate", "visits", "--rate", "0.3", "--data", files)
    found = assay(*asked, "--json").json

    assert found["least_rows"] == 320
    assert all(p["proposed"] > p["floor"] >= p["quantile"] for p in found["proposals"])
    said = assay(*asked, "--write")
    assert re.search(r"columns.score.limit: 0.01 -> \S+ \(raised\)", said.err)
    assert re.search(r"columns.site.limit: 0.3 -> \S+ \(lowered\)", said.err)


def test_limits_of_label_and_prediction_alone_are_not_calibrated(assay: Any, services: Any) -> None:
    policy = services.project / "include" / "policies" / "visits" / "drift.yaml"
    before, _, _ = policy.read_text().partition("columns:")
    limits = "limits: {label_share: {limit: 0.1}}"
    policy.write_text(f"{before}concept: {{positive: 1, least_labelled: 0.5, {limits}}}\n")
    said = assay("drift", "calibrate", "visits", "--rate", "0.3")
    assert (said.code, said.out) == (2, "")
    assert "the drift policy has no limit to calibrate" in said.err
    assert "Choose the limits of `concept`" in said.err


def test_check_says_what_a_draft_leaves_open(assay: Any, services: Any, tmp_path: Path) -> None:
    rows = [f"{i},c{i}@example.org,{20 + i % 50},{i % 7}.5" for i in range(200)]
    sample = tmp_path / "loans.csv"
    sample.write_text("\n".join(["application_no,email,age,amount", *rows]))
    assert assay("new", "loans", "--from", sample, "--first", "2024-01-01").code == 0

    said = assay("check", "--no-gx")

    assert said.code == 0
    assert "no faults" in said.out
    (line,) = [line for line in said.err.splitlines() if line.startswith("open: ")]
    assert line.startswith("open: loans: ")
    assert "lines are still marked `confirm`" in line
    assert "2 columns may be about people and none is classified" in line
    assert line.endswith("nobody is notified (alerting.yaml has no route)")

    include = services.project / "include"
    for path in (include / "contracts/loans.odcs.yaml", *include.glob("policies/loans/*.yaml")):
        text = re.sub(r"(?<!')confirm", "decided", path.read_text(), flags=re.IGNORECASE)
        text = text.replace("status: draft", "status: active").replace("# {slack", "{slack")
        path.write_text(text)
    assert assay("check", "--no-gx", "--json").json["open"] == []


def test_check_finds_every_fault_at_once(assay: Any, services: Any) -> None:
    include = services.project / "include"
    drift = include / "policies" / "visits" / "drift.yaml"
    drift.write_text(drift.read_text().replace("  score:", "  scoer:").replace("alpha", "alfa"))
    (include / "suites" / "sites" / "raw.json").write_text('{"expectations": []}')
    (include / "policies" / "sites" / "privcy.yaml").write_text("columns: {}\n")
    (include / "contracts" / "worse.odcs.yaml").write_text("name: [\n")

    said = assay("check", "--no-gx", "--json")

    where = " ".join(str(p["where"]) for p in said.json["problems"])
    assert said.code == 2
    for name in ("drift.yaml:", "raw.json", "privcy.yaml", "worse.odcs.yaml:"):
        assert name in where
    assert assay("check", "--no-gx").code == 2
    one = assay("check", "--no-gx", "--json", "--dataset", "sites")
    assert one.code == 2
    assert all("visits" not in str(p) and "worse" not in str(p) for p in one.json["problems"])
    assert assay("check", "--no-gx", "--dataset", "worse").code == 2
    unknown = assay("check", "--no-gx", "--dataset", "vists")
    assert (unknown.code, "Did you mean 'visits'?" in unknown.err) == (2, True)


VERBS = [
    ("validate",), ("clean",), ("drift",), ("fairness",), ("new",), ("check",), ("status",),
    ("up",), ("down",), ("versions",), ("versions", "list"), ("versions", "show"),
    ("versions", "diff"), ("versions", "checkout"), ("versions", "rollback"), ("retention",),
    ("retention", "plan"), ("retention", "apply"), ("retention", "evidence"), ("catalog",),
    ("catalog", "rebuild"),
]  # fmt: skip


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_help_teaches(assay: Any, verb: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    import typer.main

    from assay.cli._main import app

    said = assay(*verb, "--help")
    assert said.code == 0
    assert "--help" in said.out
    command: Any = typer.main.get_command(app)
    for name in verb:
        command = command.commands[name]
    assert command.help
    assert [p.name for p in command.params if not getattr(p, "help", None)] == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("validat",), "Did you mean 'validate'?"),
        (("validate", "x.csv"), "--suite"),
        (("validate", "x.csv", "--suite", "s", "--batch", "2024"), "--dataset"),
        (("validate", "x.csv", "--sute", "s"), "--suite"),
        (("validate", "x.csv", "--suite", "s", "--engine", "spark"), "compiled or gx"),
        (("drift",), "Missing option '--current' and '--policy'"),
        (("drift", "--current", "x.csv"), "Missing option '--policy'"),
        (("versions", "rollback", "visits", "one", "--reason", "x"), "snapshot"),
        (("new", "loans", "--from", "x.csv", "--grain", "week"), "day, month or year"),
        (("--nope",), "--nope"),
    ],
)
def test_a_wrong_usage_is_explained(assay: Any, arguments: tuple[str, ...], told: str) -> None:
    said = assay(*arguments)

    assert (said.code, said.out) == (2, "")
    assert told in said.err
    assert "--help" in said.err


def test_status_as_a_process(services: Any) -> None:
    command = [str(Path(sys.executable).with_name("assay")), "status", "--json"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 0
    assert [d["name"] for d in json.loads(found.stdout)["datasets"]] == ["sites", "visits"]
