"""What a trace finds is what data really went through, in both directions."""

from __future__ import annotations

import hashlib
import random
import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from assay.catalog import Catalog
from assay.errors import InputError
from assay.lake import Lake
from assay.lineage import Node, render_text
from assay.records.indexing import IndexPage
from assay.records.lineage import LineageEdge
from assay.records.uses import Origin, Output, SnapshotPart, Use
from assay.records.versions import (
    BatchVersion,
    Derivation,
    Pointer,
    SnapshotStep,
    StoredObject,
    VersionDetails,
)
from assay.stages.index import follow_registry
from assay.stages.lineage import find_target, trace, trace_columns, trace_rows
from assay.stages.upkeep import accept_history, rebuild_catalog

AT = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)


def hexed(text: str, digits: int = 32) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:digits]


@dataclass
class World:
    """A catalog filled at random, and the ways of the data kept beside it in plain sets."""

    catalog: Catalog
    lake: Lake
    chance: random.Random
    ways: dict[Node, set[Node]] = field(default_factory=lambda: defaultdict(set))
    held: dict[str, dict[int, dict[str, str]]] = field(default_factory=lambda: defaultdict(dict))
    uses: list[Use] = field(default_factory=list)
    versions: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def registry(self) -> World:
        return self

    def mark(self, sha256: str) -> str:
        return hexed(f"mark {sha256}")

    def lineage(self, dataset: str, batch: str, version: str) -> Derivation:
        return Derivation(input_sha256="0" * 64, contract="c0ffee", transform_version="1")

    def way(self, source: Node, target: Node) -> None:
        self.ways[source].add(target)

    def release(self, dataset: str, batch: str, sha: str, *tables: tuple[str, str, str]) -> None:
        """A version of an input and of some reference tables, in the next snapshot."""
        key = (dataset, batch, hexed(f"{dataset} {batch} {sha} {tables}"))
        number = len(self.held[dataset]) + 1
        before = self.held[dataset].get(number - 1, {})
        self.held[dataset][number] = {**before, batch: key[2]}
        stored = {"data": StoredObject(file="data.parquet", md5="0" * 32, size=1)}
        version = BatchVersion(dataset=dataset, batch=batch, version=key[2], objects=stored, at=AT)
        step = SnapshotStep(
            dataset=dataset, number=number, parent=number - 1 or None, changed={batch: key[2]},
            batch=batch, size=1, reason="r", author="a", at=AT,
        )  # fmt: skip
        pointer = Pointer(dataset=dataset, snapshot=number, latest=number)
        self.index(versions=(version,), steps=(step,), pointers=(pointer,))
        edges = [LineageEdge("input", dataset, sha)]
        edges += [LineageEdge("reference_table", d, v) for d, _, v in tables]
        self.catalog.rebuild.add_details([(version, VersionDetails(lineage=tuple(edges)))])
        landing = Node("landing", f"{dataset}/{batch}/{sha}")
        self.way(Node("source", sha), landing)
        self.way(landing, Node.of_version(key))
        for table in tables:
            self.way(Node.of_version(table), Node.of_version(key))
        self.versions.append(key)

    def use(self, kind: Any, name: str, *of: Use, **more: Any) -> Use:
        origins = (*(u.origin for u in of), *more.pop("of", ()))
        made = Use(kind=kind, id=name, subject="late", author="a", at=AT, of=origins, **more)
        self.index(uses=(made,))
        node = Node(made.kind, made.id)
        for origin in origins:
            self.way(Node.of_origin(origin), node)
        for part in made.reads:
            for batch, version in self.held[part.dataset][part.number].items():
                if not part.batches or batch in part.batches:
                    self.way(Node.of_version((part.dataset, batch, version)), node)
        self.uses.append(made)
        return made

    def index(self, **more: Any) -> None:
        page = IndexPage(self.catalog.index.state(), uuid.uuid4().hex, 1, 1, **more)
        assert self.catalog.index.add(page)

    def part(self, dataset: str, *, whole: bool = False) -> SnapshotPart:
        number = self.chance.choice(sorted(self.held[dataset]))
        batches = sorted(self.held[dataset][number])
        some = () if whole else tuple(b for b in batches if self.chance.random() < 0.6)
        return SnapshotPart(dataset=dataset, number=number, digest="d" * 64, batches=some)

    def after(self, node: Node) -> set[Node]:
        """All that came of a node, by a plain walk."""
        found, level = set[Node](), {node}
        while level:
            level = {n for one in level for n in self.ways[one]} - found
            found |= level
        return found

    def before(self, node: Node) -> set[Node]:
        return {n for n in list(self.ways) if node in self.after(n)}


@pytest.fixture(params=range(2))
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    """Flights joined to airports, models, their predictions as data, and feedback."""
    catalog = Catalog(f"sqlite:///{tmp_path / 'catalog.sqlite'}")
    catalog.migrate()
    made = World(catalog, Lake(tmp_path / "home"), random.Random(request.param))
    made.release("airports", "2013", hexed("airports", 64))
    for i in range(12):
        if made.chance.random() < 0.2:
            made.release("airports", "2013", hexed(f"airports {i}", 64))
        number, held = made.chance.choice(sorted(made.held["airports"].items()))
        table = ("airports", "2013", held["2013"])
        batch = f"2013-02-{made.chance.randrange(1, 7):02}"
        made.release("flights", batch, hexed(f"flights {i} {number}", 64), table)
    for i in range(5):
        reads = (made.part("flights"), *([made.part("airports", whole=True)] if i % 2 else []))
        run = made.use("training_run", f"t{i}", reads=reads)
        version = made.use("model_version", f"late@{i}", run)
        sha, batch = hexed(f"predictions {i}", 64), f"2013-03-{i % 2 + 1:02}"
        output = Output(dataset="predicted", batch=batch, mark=made.mark(sha))
        said = made.use(
            "prediction_batch", f"p{i}", version, reads=(made.part("flights"),), delivers=output
        )
        made.release("predicted", batch, sha)
        made.way(Node(said.kind, said.id), Node("landing", f"predicted/{batch}/{sha}"))
        outcome = Origin.of_version(*made.chance.choice(made.versions))
        made.use("feedback", f"f{i}", said, of=(outcome,))
    return made


def nodes(graph: Any) -> set[Node]:
    return {n for n in graph.nodes if n.kind != "snapshot"}


def test_every_node_s_origins_and_consequences_are_those_of_a_plain_walk(world: World) -> None:
    everything = {*world.ways, *(n for after in world.ways.values() for n in after)}
    assert len(everything) > 50
    kinds = {n.kind: n for n in everything}.values()
    for node in {*kinds, *world.chance.sample(sorted(everything), 15)}:
        down = trace(world, [node], up=False)  # type: ignore[arg-type]
        assert nodes(down) == {node} | world.after(node)
        up = {n for n in nodes(trace(world, [node], down=False)) if n.kind in _RECORDED}  # type: ignore[arg-type]
        assert up == {node} | world.before(node)


_RECORDED = {
    "source", "landing", "version", "training_run", "model_version", "prediction_batch", "feedback"
}  # fmt: skip


def test_every_version_is_reached_from_its_source_and_every_model_from_its_sources(
    world: World,
) -> None:
    for source in [n for n in world.ways if n.kind == "source"]:
        found = trace(world, [source], up=False)  # type: ignore[arg-type]
        assert any(n.kind == "version" for n in found.nodes)
        text = render_text(found, ["down"], 0)
        for node in world.after(source):
            assert node.name.split("/")[-1][:12] in text


def test_a_snapshot_comes_from_all_that_it_holds_and_goes_to_who_read_it(world: World) -> None:
    for number, held in world.held["flights"].items():
        node = Node("snapshot", f"flights@{number}")
        up = trace(world, [node], down=False)  # type: ignore[arg-type]
        direct = {link.source for link in up.links if link.target == node}
        assert direct == {Node.of_version(("flights", b, v)) for b, v in held.items()}
        down = trace(world, [node], up=False)  # type: ignore[arg-type]
        readers = {link.target.name for link in down.links if link.source == node}
        assert readers == {
            u.id
            for u in world.uses
            for p in u.reads
            if (p.dataset, p.number) == ("flights", number)
        }


def test_too_much_is_said(world: World) -> None:
    found = trace(world, [Node("source", hexed("airports", 64))], most=5)  # type: ignore[arg-type]
    assert "more than these 5 things" in render_text(found)


def test_names_are_found_and_others_refused(world: World, tmp_path: Path) -> None:
    key = world.versions[-1]
    services: Any = world
    assert find_target(services, f"{key[0]}@{key[1]}").nodes == (Node.of_version(key),)
    assert find_target(services, f"{key[0]}@{key[2][:9]}").nodes == (Node.of_version(key),)
    assert find_target(services, key[2]).nodes == (Node.of_version(key),)
    assert find_target(services, f"{key[0]}@{key[1]}#3").row == 3
    assert find_target(services, "flights@2").nodes == (Node("snapshot", "flights@2"),)
    assert find_target(services, "flights").nodes == (Node("snapshot", "flights@12"),)
    assert find_target(services, "late@1").nodes == (Node("model_version", "late@1"),)
    assert len(find_target(services, "late").nodes) == 5
    assert find_target(services, "training_run/t0").nodes == (Node("training_run", "t0"),)
    file = tmp_path / "source.csv"
    file.write_text("airports")
    whole = hashlib.sha256(b"airports").hexdigest()
    assert find_target(services, str(file)).nodes == (Node("source", whole),)
    for wrong, said in {
        "flight": "Did you mean 'flights'", "late@99": "no such version", "flights@99": "no such",
        "flights@2#1": "rows are those of one version", "flights@2013-02-01#x": "by its number",
        "training_run/none": "no such training_run", "elsewhere": "On record are: airports",
    }.items():  # fmt: skip
        with pytest.raises(InputError, match=said):
            find_target(services, wrong)


DAY = "2024-01-03"


@pytest.fixture
def released(ready: Any, mini: Any) -> Any:
    """A home with a day more, and a model that learned from it."""
    ready.drop("visits", DAY, mini.visits(DAY))
    ready.run("visits", DAY)
    services = ready.services
    number = services.catalog.snapshots.pointer("visits")
    part = SnapshotPart(dataset="visits", number=number, digest="d" * 64)
    run = Use(
        kind="training_run", id="4f1d", subject="passes", author="ann", at=AT, reads=(part,),
    )  # fmt: skip
    services.registry.record_use(run)
    version = Use(
        kind="model_version", id="passes@1", subject="passes", author="ann", at=AT, of=(run.origin,)
    )
    services.registry.record_use(version)
    follow_registry(services)
    return ready


def test_from_a_released_row_to_its_source_row_and_rules_and_from_a_file_to_the_model(
    released: Any,
) -> None:
    services = released.services
    source = released.home / "inbox" / "visits" / f"{DAY}.csv"
    down = trace(services, find_target(services, str(source)).nodes, up=False)
    assert Node("model_version", "passes@1") in down.nodes
    target = find_target(services, f"visits@{DAY}#7")
    (node,) = target.nodes
    up = trace(services, target.nodes, down=False)
    assert {n.kind for n in up.nodes} >= {"source", "landing", "contract", "suite", "policy", "key"}
    assert f"{DAY}.csv" in render_text(up)
    assert "readers get it" in render_text(up)
    with services.session() as session:
        rows = trace_rows(services, session, node.key, range(40))
    assert {r.landed for r in rows} <= set(range(500))
    changed = [r for r in rows if r.changes]
    assert all(c["step"] and c["rule"] for r in changed for c in r.changes)
    assert any("no rule of cleaning" in line for r in rows for line in r.lines())
    with services.session() as session, pytest.raises(InputError, match="no such row"):
        trace_rows(services, session, node.key, [10_000])


def test_the_way_of_each_column(released: Any) -> None:
    services = released.services
    graph = trace(services, find_target(services, "passes@1").nodes, down=False)
    steps = {(s.column, s.stage): s.what for s in trace_columns(services, graph)}
    assert steps["person", "protect"] == "pseudonymise"
    assert steps["score", "clean"] == "impute"
    assert steps["site", "source"] == "site, string"


def test_a_rebuilt_catalog_knows_the_uses(released: Any) -> None:
    services = released.services
    before = trace(services, find_target(services, "passes@1").nodes)
    for path in (released.home / "catalog").glob("catalog.db*"):
        path.unlink()
    accept_history(released.services, reason="the catalog is lost", author="ann")
    rebuild_catalog(released.services, whole=True)
    after = trace(released.services, find_target(released.services, "passes@1").nodes)
    assert (after.links, set(after.nodes)) == (before.links, set(before.nodes))
