"""From each released row to its source row and rules, from each source to what learned from it."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path
from typing import Any

import mini_project
import pytest

from assay.lineage import Graph, Node, render_text
from assay.stages import models
from assay.stages.lineage import find_target, plan_recall, trace, trace_columns, trace_rows
from assay.stages.upkeep import accept_history, rebuild_catalog

SCORED = ("2024-01-03", "2024-01-04")
PREDICTIONS = "passing_predictions"
JOINED = {"dataset": "visits", "joins": {"sites": {"by": {"site": "code"}, "columns": ["region"]}}}
ENCODED = [
    {"step": "SimpleImputer", "columns": ["age", "score"]},
    {"step": "OneHotEncoder", "columns": ["sites.region"]},
]


@pytest.fixture(scope="module")
def scored(released: Any, model: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A home with joined days, two versions of a model, and predictions that are released."""
    home = mini_project.copy(released, tmp_path_factory.mktemp("scored"))
    model.write_predictions(home.project)
    model.write_model(
        home.project, data=JOINED, features=["age", "score", "sites.region"],
        known_from={"visit": ["site", "age", "score", "sites.region"], "result": ["passed"]},
        preprocessing=ENCODED,
    )  # fmt: skip
    model.train_model(home, "past", snapshot=3)
    model.train_model(home)
    for day in SCORED:
        models.score(home.services, model.MODEL, day)
        home.run(PREDICTIONS, day)
    return home


def _versions(home: Any) -> list[tuple[str, str, str]]:
    """Every version of every data set."""
    registry = home.services.registry
    return [(d, v.batch, v.version) for d in registry.datasets() for v in registry.versions(d)]


def _source(home: Any, dataset: str, batch: str) -> list[dict[str, str]]:
    """The records of the file that an upstream delivered."""
    with (home.home / "inbox" / dataset / f"{batch}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _rows(home: Any, key: tuple[str, str, str]) -> list[dict[str, Any]]:
    """The rows of a version, as readers get them."""
    import pyarrow.parquet as pq

    version = home.services.registry.find(*key)
    return pq.read_table(home.services.registry.open(version.objects["data"])).to_pylist()


def test_each_released_row_is_its_source_row_changed_by_the_rules_that_are_named(
    scored: Any,
) -> None:
    services, traced = scored.services, 0
    for key in _versions(scored):
        dataset, batch, _ = key
        source, released = _source(scored, dataset, batch), _rows(scored, key)
        with services.session() as session:
            found = trace_rows(services, session, key, [row["__id"] for row in released])
        origins = {row.row: row for row in found}
        assert len({row.landed for row in found}) == len(released)
        treated = {"person"} if dataset == "visits" else set()
        for row in released:
            was, origin = source[origins[row["__id"]].landed], origins[row["__id"]]
            changed = {n for n in was if n not in treated and _differs(was[n], row[n])}
            assert changed <= {change["column"] for change in origin.changes}
            assert all(change["step"] and change["rule"] for change in origin.changes)
        traced += len(released)
    assert traced == 8 + 4 * 398 + 2 * 398  # the sites, four days, two days of predictions


def _differs(text: str, value: Any) -> bool:
    """Whether a value isn't what a source's text says; a moment is the text and its zone."""
    if value is None or text == "":
        return not (value is None and text == "")
    if isinstance(value, int | float):
        return float(text) != pytest.approx(float(value), rel=1e-9)
    return str(value)[: len(text)] != text


def test_each_version_leads_up_to_its_file_and_the_rules_that_judged_it(scored: Any) -> None:
    services = scored.services
    for dataset, batch, version in _versions(scored):
        up = trace(services, [Node.of_version((dataset, batch, version))], down=False)
        path = scored.home / "inbox" / dataset / f"{batch}.csv"
        source = Node("source", hashlib.sha256(path.read_bytes()).hexdigest())
        assert source in up.nodes
        assert up.missing == []
        rules = {n.name.rpartition("/")[0] for n in up.nodes if n.kind in {"suite", "policy"}}
        assert rules >= {"raw", "clean", "quality", "privacy", "cleaning"}
        assert any(n.kind == "contract" for n in up.nodes)
        assert [n for n in up.nodes if n.kind == "version" and "/-/" in n.name] == []
        assert "sites" in {n.key[0] for n in up.nodes if n.kind == "version"}
        if dataset == PREDICTIONS:
            kinds = {n.kind for n in up.nodes}
            assert kinds >= {"prediction_batch", "model_version", "training_run", "snapshot"}
            assert {f"{day}.csv" for day in (*_days(scored), "2024")} <= _files(up)


def _days(home: Any) -> list[str]:
    return [path.stem for path in (home.home / "inbox" / "visits").glob("*.csv")]


def _files(graph: Graph) -> set[str]:
    return {facts["file"] for n, facts in graph.nodes.items() if n.kind == "source"}


def test_each_source_file_leads_down_to_the_models_and_predictions_that_came_of_it(
    scored: Any,
) -> None:
    services = scored.services
    everyone = {"passing@1", "passing@2"}
    for day in _days(scored):
        models_of = everyone if day <= "2024-01-03" else {"passing@2"}
        assert _downstream(services, scored.home / "inbox" / "visits" / f"{day}.csv") == (
            models_of,
            set(SCORED),
        )
    register = scored.home / "inbox" / "sites" / "2024.csv"
    assert _downstream(services, register) == (everyone, set(SCORED))


def _downstream(services: Any, file: Path) -> tuple[set[str], set[str]]:
    """The model versions, and the batches of predictions, that came of a file."""
    down = trace(services, find_target(services, str(file)).nodes, up=False)
    versions = {n.name for n in down.nodes if n.kind == "model_version"}
    released = {n.key[1] for n in down.nodes if n.kind == "version" and n.key[0] == PREDICTIONS}
    assert sum(n.kind == "prediction_batch" for n in down.nodes) == len(released)
    text = render_text(down, ["down"], 0)
    assert all(name in text for name in versions)
    return versions, released


def test_each_column_leads_through_joins_and_encoders_into_the_model(scored: Any) -> None:
    services = scored.services
    graph = trace(services, find_target(services, "passing@2").nodes, down=False)
    steps = {(s.column, s.stage): (s.what, s.sources) for s in trace_columns(services, graph)}
    assert steps["score", "source"] == ("score, number", ())
    assert steps["score", "clean"] == ("impute", ())
    assert steps["score", "passing@2"] == ("feature, SimpleImputer, 1 column", ())
    assert steps["sites.region", "source"] == ("region, string", ())
    assert steps["sites.region", "join"] == ("sites, code = site", ("site",))
    assert steps["sites.region", "passing@2"] == ("feature, OneHotEncoder, 2 columns", ())
    assert steps["passing@2's label", "passing@2"] == ("passed", ())
    assert ("team", "passing@2") not in steps
    assert {column.partition(".")[0] for column, _ in steps} == {
        "person", "site", "age", "score", "team", "passed", "seen", "sites", "passing@2's label"
    }  # fmt: skip
    for file, step in {
        "visits/2024-01-02.csv": ("score", "passing@2"), "sites/2024.csv": ("region", "passing@1")
    }.items():  # fmt: skip
        source = find_target(services, str(scored.home / "inbox" / file)).nodes
        down = trace_columns(services, trace(services, source, up=False))
        assert step in {(s.column, s.stage) for s in down}


def test_a_recall_is_mended_by_data_then_models_then_predictions(scored: Any) -> None:
    plan = plan_recall(scored.services, "visits", "2024-01-02")
    mending = [
        " ".join(command.split()[:4]).replace("airflow dags ", "") for command in plan.commands
    ]
    assert mending == [
        "trigger release__visits", "assay train passing",
        "trigger score__passing", "trigger score__passing",
    ]  # fmt: skip
    assert plan.champions == ("passing@2",)
    assert {d for d, _, _ in plan.derived} == {PREDICTIONS}
    said = "\n".join(plan.lines())
    assert "passing@2 is the champion, and predicts until another one is promoted" in said
    assert "readers keep what was made from it until it is made again" in said


def test_a_catalog_restored_from_git_has_the_same_graph_of_everything(scored: Any) -> None:
    before = _everything(scored.services)
    assert {n.kind for n in before.nodes} >= {
        "source", "landing", "version", "snapshot", "training_run", "model_version", "promotion",
        "prediction_batch", "contract", "suite", "policy", "key",
    }  # fmt: skip
    for path in (scored.home / "catalog").glob("catalog.db*"):
        path.unlink()
    accept_history(scored.services, reason="the catalog is lost", author="ann")
    rebuild_catalog(scored.services, whole=True)
    after = _everything(scored.services)
    assert after.nodes == before.nodes
    assert after.links == before.links


def _everything(services: Any) -> Graph:
    """The graph of every version and every use."""
    registry = services.registry
    versions = [(d, v.batch, v.version) for d in registry.datasets() for v in registry.versions(d)]
    uses = [Node(u.kind, u.id) for u in registry.uses()]
    return trace(services, [*map(Node.of_version, versions), *uses])
