"""Every kind of node can be written and drawn, and no picture says more than the graph."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pydot
import pytest

from assay.lineage import (
    ColumnStep,
    Graph,
    Node,
    as_json,
    column_steps,
    render_columns,
    render_dot,
    render_html,
    render_text,
)
from assay.lineage._kinds import KINDS
from assay.records.uses import USE_KINDS, SnapshotPart, Use

AT = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)
VERSION = Node("version", "flights/2013-02-08/" + "ab" * 16)
SOURCE = Node("source", "cd" * 32)
LANDING = Node("landing", "flights/2013-02-08/" + "cd" * 32)
SNAPSHOT = Node("snapshot", "flights@12")


@pytest.fixture
def graph() -> Graph:
    """From a source file to a model."""
    made = Graph((VERSION,))
    made.link(SOURCE, LANDING, "landed")
    made.link(LANDING, VERSION, "input")
    made.link(VERSION, SNAPSHOT, "holds")
    made.add(SOURCE, file='day <8> "quoted".csv')
    part = SnapshotPart(dataset="flights", number=12, digest="d" * 64)
    run = Use(
        kind="training_run", id="4f1d", subject="late_arrival", author="ann", at=AT, reads=(part,)
    )
    made.add_use(run)
    version = Use(
        kind="model_version", id="late_arrival@3", subject="late_arrival", author="ann", at=AT,
        of=(run.origin,),
    )  # fmt: skip
    made.add_use(version)
    return made


def test_every_kind_of_use_has_a_renderer() -> None:
    assert set(USE_KINDS) <= set(KINDS)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_node_of_every_kind_is_in_every_picture(kind: str) -> None:
    node = Node(kind, "a_name@1")  # type: ignore[arg-type]
    alone = Graph((node,))
    alone.add(node, at="2026-01-05 06:00")
    assert f"{KINDS[node.kind].word} a_name@1" in render_text(alone)
    assert "a_name@1" in render_dot(alone)
    page = render_html(alone, "Lineage")
    assert "a_name@1" in page.replace("<wbr>", "")
    assert KINDS[node.kind].word in page
    assert as_json(alone)["nodes"][0]["name"] == "a_name@1"


def test_a_tree_reads_from_the_target_both_ways(graph: Graph) -> None:
    assert render_text(graph).splitlines() == [
        "version flights 2013-02-08 (abababababab)",
        "  comes from",
        "  └─ landing flights 2013-02-08 (cdcdcdcdcdcd) · input",
        '     └─ source file cdcdcdcdcdcd, day <8> "quoted".csv · landed',
        "  went on to",
        "  └─ snapshot flights@12 · holds",
        "     └─ training run 4f1d, late_arrival, 2026-01-05 06:00 UTC · read",
        "        └─ model version late_arrival@3, 2026-01-05 06:00 UTC · from",
    ]
    assert "went on to" not in render_text(graph, ["up"])
    assert render_text(Graph((SOURCE,)), ["up"]).endswith("comes from nothing that is on record")


def test_of_many_the_last_are_shown_and_the_others_counted() -> None:
    many = Graph((SNAPSHOT,))
    for day in range(1, 29):
        many.link(Node("version", f"flights/2013-02-{day:02}/{day:032x}"), SNAPSHOT, "holds")
    text = render_text(many, ["up"], 3)
    assert text.count("version flights 2013") == 3
    assert "2013-02-28" in text
    assert "and 25 more versions" in text
    assert render_text(many, ["up"], 0).count("version flights 2013") == 28
    page = render_html(many, "Lineage of flights@12")
    assert "and 21 more" in page
    assert page.count("<tr") == 1 + 29


def test_what_is_reached_twice_is_opened_once(graph: Graph) -> None:
    other = Node("prediction_batch", "p1")
    graph.link(Node("model_version", "late_arrival@3"), other, "from")
    graph.link(VERSION, Node("model_version", "late_arrival@3"), "from")
    text = render_text(graph, ["down"])
    assert text.count("prediction batch p1") == 1
    assert "above" in text


def test_the_page_has_no_script_and_escapes_what_it_shows(graph: Graph) -> None:
    page = render_html(graph, "Lineage of <b>", [ColumnStep("a", "derive", "b < c", ("b", "c"))])
    assert "<script" not in page
    assert "day &lt;8&gt;" in page
    assert "day <8>" not in page
    assert "b &lt; c" in page
    assert page.count("<rect") == len(graph.nodes)
    assert page.count("<line") == len(graph.links)
    assert not re.search(r'(src|href)="(?!#)', page)


def test_dot_is_read_by_another_reader(graph: Graph) -> None:
    (read,) = pydot.graph_from_dot_data(render_dot(graph))
    assert len(read.get_edges()) == len(graph.links)


def test_dot_is_quoted(graph: Graph) -> None:
    graph.link(Node("report", 'a"b\\c'), VERSION, 'say "x"')
    text = render_dot(graph)
    assert '[label="say \\"x\\""]' in text
    assert 'a\\"b\\\\c' in text
    assert text.count("->") == len(graph.links)


def test_json_is_the_graph(graph: Graph) -> None:
    body = json.loads(json.dumps(as_json(graph)))
    assert len(body["nodes"]) == len(graph.nodes)
    assert len(body["links"]) == len(graph.links)
    assert body["targets"] == [f"version {VERSION.name}"]


def test_what_no_way_leads_to_is_left_out(graph: Graph) -> None:
    graph.link(Node("source", "ef" * 32), Node("landing", "flights/x/" + "ef" * 32), "landed")
    pruned = graph.pruned()
    assert Node("source", "ef" * 32) not in pruned.nodes
    assert SOURCE in pruned.nodes
    assert len(pruned.links) == len(graph.links) - 1


def test_the_way_of_a_column_in_its_order() -> None:
    steps = column_steps(
        {"team": "team, string", "age": "age, integer"}, {"team": "mask"}, [("text", ["team"])],
        {"old": {"expression": "age > 60", "from": ["age"], "roots": ["age"]}},
        {"training run 4f1d": {"team": "one-hot", "old": "as it is"}},
    )  # fmt: skip
    assert render_columns(steps).splitlines() == [
        "team", "  source: team, string", "  protect: mask", "  clean: text",
        "  training run 4f1d: one-hot",
        "age", "  source: age, integer",
        "old", "  derive: age > 60", "  training run 4f1d: as it is",
    ]  # fmt: skip
