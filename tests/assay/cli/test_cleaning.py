"""`assay cleaning`: what was changed in a version, a rule taken back, and the proof."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

DAY = "2024-01-03"
_POLICY = """\
on_inconclusive: hold
change_log: values
steps:
  - {step: text, columns: {site: {map: {S7: S6}}}}
  - {step: outliers, columns: [age], by: {method: iqr, factor: 1.0, min_n: 10}, action: clip}
  - step: impute
    columns: {score: {method: median}}
  - step: derive
    columns: {decades: "floor(age / 10)", near: "score - decades"}
  - {step: scale, columns: [score], method: standardise}
"""


@pytest.fixture(scope="module")
def released(template: Any, mini: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The small project with one more day, cleaned by a policy with every kind of step."""
    train = mini.copy(template, tmp_path_factory.mktemp("cleaned"))
    policy = train.project / "include" / "policies" / "visits" / "cleaning.yaml"
    policy.write_text(_POLICY)
    rows = mini.visit_rows(DAY, faults=0)
    rows[3:5] = [(*r[:2], 119, *r[3:]) for r in rows[3:5]]
    train.drop("visits", DAY, mini.as_csv(mini.HEADER, rows))
    assert train.run("visits", DAY)["release"].outcome in {"PASS", "WARN"}
    return train


@pytest.fixture
def ready(released: Any) -> Any:
    """It, in place of a copy for each test: they only read."""
    return released


def test_a_released_version_is_seen_undone_replayed_and_scaled(
    assay: Any, services: Any, tmp_path: Path
) -> None:
    said = assay("cleaning", "log", "visits", DAY)
    assert said.code == 0, said.err
    assert "step 0  text  site: " in said.out
    whole = assay("cleaning", "log", "visits", DAY, "--json").json["changes"]
    assert {(c["rule"], c["column"]) for c in whole} == {
        ("text", "site"), ("outliers.iqr.clip", "age"), ("impute.median", "score"),
    }  # fmt: skip
    ages = assay("cleaning", "log", "visits", DAY, "--column", "age", "--values", "--json").json
    assert [c["before"] for c in ages["changes"]] == ["119", "119"]
    assert "119" not in assay("cleaning", "log", "visits", DAY, "--json").out

    replayed = assay("cleaning", "replay", "visits", DAY)
    assert replayed.code == 0
    assert "the bytes of the version" in replayed.out

    site = next(c for c in whole if c["rule"] == "text")
    alone = assay("cleaning", "replay", "visits", DAY, "--rule", "text", "--json").json
    assert (alone["changes"], alone["dropped"], alone["cells"]) == (
        site["changes"], 0, {"site": site["changes"]},
    )  # fmt: skip
    some = tmp_path / "some.parquet"
    said = assay(
        "cleaning", "replay", "visits", DAY, "--rule", "outliers.iqr.clip", "--rule", "text",
        "--column", "age", "--to", some,
    )  # fmt: skip
    assert said.code == 0, said.err
    assert "with outliers.iqr.clip and text on age alone: 2 changes replayed over" in said.out
    assert "  age: 2 cells differ\n  decades: 2 cells differ" in said.out
    assert "site:" not in said.out
    clipped = pq.read_table(some)
    assert 119 not in clipped["age"].to_pylist()
    assert "S7" in clipped["site"].to_pylist()
    assert None in clipped["score"].to_pylist()

    to = tmp_path / "undone.parquet"
    undone = assay("cleaning", "undo", "visits", DAY, "--rule", "outliers.iqr.clip", "--to", to)
    assert undone.code == 0, undone.err
    # What is derived from the column changes with it.
    assert [line.split(":")[0].strip() for line in undone.out.splitlines()[2:5]] == [
        "age", "decades", "near",
    ]  # fmt: skip
    assert sorted(pq.read_table(to)["age"].to_pylist())[-2:] == [119, 119]

    scaled = tmp_path / "scaled.parquet"
    assert assay("cleaning", "export-scaled", "visits", DAY, "--to", scaled).code == 0
    scores = pq.read_table(scaled)["score"].to_numpy()
    assert abs(scores.mean()) < 0.2
    assert abs(scores.std() - 1) < 0.2

    shown = assay("versions", "show", "visits", DAY)
    assert "derived near = score - decades  (from age, score)" in shown.out
    meta = assay("versions", "show", "visits", DAY, "--json").json["derived"]
    assert meta["near"]["from"] == ["decades", "score"]


def test_a_log_that_lacks_a_change_is_found_out(services: Any) -> None:
    from assay.stages.versions import open_cleaned

    services = services.services
    version = services.registry.snapshot("visits").batches[DAY]
    found = open_cleaned(services, "visits", DAY, version)
    with services.session() as session:
        assert found.replay(session).same
        log, *others = found._tables(session)
        lesser = session.set_aside(log.filter(log["column"] != "age"))
        object.__setattr__(found, "_tables", lambda session: (lesser, *others))
        assert not found.replay(session).same


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("undo", "visits", DAY, "--rule", "txt"), "Did you mean 'text'"),
        (("replay", "visits", DAY, "--rule", "txt"), "one of: impute.median, outliers.iqr.clip"),
        (("replay", "visits", DAY, "--rule", "txt"), "Did you mean 'text'"),
        (
            ("replay", "visits", DAY, "--rule", "text", "--column", "sit"),
            "no such column by text. Got 'sit'. Expected one of: site",
        ),
        (("replay", "visits", DAY, "--to", "x.parquet"), "goes with --rule or --column"),
        (("undo", "visits", DAY), "give --rule, --column or both"),
        (("log", "visits", "@1"), "Name one batch"),
        (("log", "visit", DAY), "Did you mean 'visits'"),
        (("export-scaled", "visits", DAY, "--to", "x.csv"), "NAME.parquet"),
    ],
)
def test_mistakes_are_shown(assay: Any, services: Any, arguments: Any, message: str) -> None:
    said = assay("cleaning", *arguments)
    assert said.code == 2
    assert message in " ".join(said.err.split())


def test_versions_without_values_or_a_scaler_say_so(assay: Any, services: Any, mini: Any) -> None:
    day = mini.REFERENCE_DAYS[0]
    values = assay("cleaning", "log", "visits", day, "--values")
    assert values.code == 2
    assert "change_log: values" in values.err
    scaled = assay("cleaning", "export-scaled", "visits", day, "--to", "x.parquet")
    assert scaled.code == 2
    assert "the version has no scaler" in scaled.err
