"""The graph around some nodes, filled from the catalog a level at a time."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Final

from assay.errors import RegistryError
from assay.lineage import Graph, Link, Node
from assay.records.lineage import LineageEdge
from assay.records.uses import Use
from assay.records.versions import VersionKey
from assay.stages.services import Services
from assay.wording import few

_DATA: Final = frozenset({"source", "landing", "version", "snapshot"})
_MOST: Final = 20_000
"""Nodes of a graph at most."""
_DETAILED: Final = 50
"""Versions whose own records are read for more than the catalog knows."""
JUDGED: Final = "reference"
"""An edge that carried no row on: what lies behind it isn't followed."""


def trace(
    services: Services,
    targets: Collection[Node],
    *,
    up: bool = True,
    down: bool = True,
    most: int = _MOST,
) -> Graph:
    """What some nodes come from, and what came of them.

    A version that another was judged against is named, and what lies behind it isn't followed.

    Parameters
    ----------
    most : int
        Nodes at most; where there are more, the graph says so.
    """
    graph = Graph(tuple(targets))
    for node in targets:
        graph.add(node)
    with services.catalog.reading():
        for wanted, walk in ((up, _Up), (down, _Down)):
            if wanted:
                walk(services, graph, most).walk(targets)
        graph = graph.pruned(up=up, down=down)
        _say_states(services, graph)
    _say_files(services, graph)
    if up:
        _add_rules(services, graph, [n for n in targets if n.kind == "version"])
    return graph


@dataclass
class _Walk:
    """A walk in one direction; every node is followed once."""

    services: Services
    graph: Graph
    most: int
    seen: set[Node] = field(default_factory=set)
    datasets: tuple[str, ...] = ()

    def walk(self, start: Iterable[Node]) -> None:
        """Follow the links from some nodes until nothing is new."""
        self.datasets = tuple(self.services.catalog.versions.counted())
        level = set(start)
        while level:
            self.seen |= level
            if len(self.graph.nodes) > self.most:
                what = f"There is more than these {self.most:,} things; ask about one of them."
                self.graph.missing.append(what)
                return
            level = self._next(level) - self.seen

    def _next(self, level: set[Node]) -> set[Node]:
        raise NotImplementedError  # pragma: no cover - each direction has its own

    def add_edges(
        self, edges: Iterable[tuple[VersionKey, LineageEdge]]
    ) -> list[tuple[VersionKey, LineageEdge, VersionKey | None]]:
        """Add what versions were made from, each with the version that it refers to."""
        known = list(edges)
        named = {(e.name, e.ref) for _, e in known if e.kind not in {"input", "rules"}}
        origins = {(k[0], k[2]): k for k in self.services.catalog.lineage.keys(named)}
        found = [(key, edge, origins.get((edge.name, edge.ref))) for key, edge in known]
        for one in found:
            self.graph.add_edge(*one)
        return found

    def deliveries(self, uses: Iterable[Use], landings: Collection[Node]) -> list[Link]:
        """Link uses to the landings of what they delivered."""
        found = []
        for use in uses:
            output = use.delivers
            for landing in landings:
                dataset, batch, sha = landing.key
                if output is None or (output.dataset, output.batch) != (dataset, batch):
                    continue
                if output.mark in {None, self.services.registry.mark(sha)}:
                    link = Link(self.graph.add_use(use), landing, "delivered")
                    self.graph.link(link.source, link.target, link.how)
                    found.append(link)
        return found


@dataclass
class _Up(_Walk):
    """To what data came from."""

    parts: dict[Node, set[str] | None] = field(default_factory=dict)
    """Snapshot → the batches of it that somebody read; None for all."""

    def _next(self, level: set[Node]) -> set[Node]:
        found = self._of_versions([n.key for n in level if n.kind == "version"])
        found |= self._of_landings([n for n in level if n.kind == "landing"])
        found |= self._of_uses([n for n in level if n.kind not in _DATA])
        for node in (n for n in level if n.kind == "snapshot"):
            found |= self._of_snapshot(node)
        return found

    def _of_versions(self, keys: Collection[VersionKey]) -> set[Node]:
        catalog, found = self.services.catalog.lineage, set[Node]()
        for key, edge, origin in self.add_edges(catalog.edges(keys)):
            if edge.kind == "input":
                found.add(_landing(key, edge))
            elif edge.kind != JUDGED and origin is not None:
                found.add(Node.of_version(origin))
        return found

    def _of_landings(self, nodes: Collection[Node]) -> set[Node]:
        for node in nodes:
            self.graph.link(Node("source", node.key[2]), node, "landed")
        uses = self.services.catalog.lineage.delivering({node.key[:2] for node in nodes})
        return {link.source for link in self.deliveries(uses, nodes)}

    def _of_uses(self, nodes: Collection[Node]) -> set[Node]:
        found = set[Node]()
        for use in self.services.catalog.lineage.uses([(n.kind, n.name) for n in nodes]):
            self.graph.add_use(use)
            found |= {Node.of_origin(origin) for origin in use.of}
            for part in use.reads:
                found.add(self._want(f"{part.dataset}@{part.number}", set(part.batches) or None))
        return found

    def _want(self, name: str, batches: set[str] | None) -> Node:
        """Want batches of a snapshot; it is followed again where they are more than before."""
        node = Node("snapshot", name)
        if node not in self.parts:
            self.parts[node] = batches
        elif (known := self.parts[node]) is not None:
            more = None if batches is None else known | batches
            self.parts[node] = more
            if more != known:
                self.seen.discard(node)
        return node

    def _of_snapshot(self, node: Node) -> set[Node]:
        dataset, _, number = node.name.partition("@")
        wanted, found = self.parts.get(node), set[Node]()
        for batch, version in self.services.catalog.lineage.held(dataset, int(number)).items():
            if wanted is None or batch in wanted:
                one = Node.of_version((dataset, batch, version))
                self.graph.link(one, node, "holds")
                found.add(one)
        return found


@dataclass
class _Down(_Walk):
    """To what came of data."""

    def _next(self, level: set[Node]) -> set[Node]:
        catalog = self.services.catalog.lineage
        found = self._of_inputs({n for n in level if n.kind in _LANDED})
        found |= self._of_versions([n.key for n in level if n.kind == "version"])
        snapshots = [n for n in level if n.kind == "snapshot" and n in self.graph.targets]
        numbers = [n.name.partition("@")[::2] for n in snapshots]
        found |= self._used(catalog.readers([(d, int(n)) for d, n in numbers]))
        uses = [n for n in level if n.kind not in _DATA]
        found |= self._used(catalog.following([(n.kind, n.name) for n in uses]))
        return found | self._delivered(uses)

    def _of_inputs(self, level: set[Node]) -> set[Node]:
        hashes = {n.name.split("/")[-1] for n in level}
        names = [(dataset, sha) for sha in hashes for dataset in self.datasets]
        made = self.add_edges(self.services.catalog.lineage.made_from(names))
        return {
            Node.of_version(key)
            for key, edge, _ in made
            if level & {Node("source", edge.ref), _landing(key, edge)}
        }

    def _of_versions(self, keys: Collection[VersionKey]) -> set[Node]:
        catalog, found = self.services.catalog.lineage, set[Node]()
        made = self.add_edges(catalog.made_from([(key[0], key[2]) for key in keys]))
        found |= {Node.of_version(key) for key, edge, _ in made if edge.kind != JUDGED}
        found |= self._used(catalog.following([("version", "/".join(key)) for key in keys]))
        read = catalog.reads(keys)
        for key, number, _ in read:
            snapshot = Node("snapshot", f"{key[0]}@{number}")
            self.graph.link(Node.of_version(key), snapshot, "holds")
        return found | self._used(catalog.uses({name for *_, name in read}))

    def _used(self, uses: Iterable[Use]) -> set[Node]:
        return {self.graph.add_use(use) for use in uses}

    def _delivered(self, nodes: Collection[Node]) -> set[Node]:
        catalog = self.services.catalog.lineage
        uses = [u for u in catalog.uses([(n.kind, n.name) for n in nodes]) if u.delivers]
        batches = {(u.delivers.dataset, u.delivers.batch) for u in uses if u.delivers}
        edges = catalog.edges(catalog.of_batches(batches))
        landings = {_landing(key, edge) for key, edge in edges if edge.kind == "input"}
        return {link.target for link in self.deliveries(uses, landings)}


_LANDED: Final = frozenset({"source", "landing"})


def _landing(key: VersionKey, edge: LineageEdge) -> Node:
    """The landing of a version's input."""
    return Node("landing", "/".join((*key[:2], edge.ref)))


def _say_states(services: Services, graph: Graph) -> None:
    """Say of versions whether readers get them, and of all what was recalled."""
    keys = [n.key for n in graph.nodes if n.kind == "version" and "/-/" not in n.name]
    spans, pointers = services.catalog.lineage.spans(keys), services.catalog.snapshots.pointers()
    removed = services.catalog.lineage.removed(keys)
    for key in keys:
        held, pointer = spans.get(key, []), pointers.get(key[0], 0)
        now = any(first <= pointer and (last is None or pointer <= last) for first, last in held)
        state = "readers get it" if now else "readers had it" if held else "never released"
        graph.add(Node.of_version(key), state="removed" if key in removed else state)
    _say_champions(services, graph)
    for recall in services.catalog.uses.recalls():
        for origin in recall.of:
            _recalled(graph, Node.of_origin(origin), recall)
    if any(n.kind == "model_version" for n in graph.nodes):
        for name, recalls in services.catalog.uses.recalled().items():
            _recalled(graph, Node("model_version", name), recalls[0])


def _say_champions(services: Services, graph: Graph) -> None:
    """Say of model versions which of them is the champion."""
    versions = [n for n in graph.nodes if n.kind == "model_version"]
    for model in {graph.nodes[node].get("subject", "") for node in versions}:
        moves = services.catalog.uses.of_subject(model, "promotion")
        if not moves:
            continue
        last = max(moves, key=lambda use: int(use.id.rpartition(".")[2]))
        for origin in last.of:
            if (node := Node.of_origin(origin)) in graph.nodes:
                graph.add(node, role="champion")


def _recalled(graph: Graph, node: Node, recall: Use) -> None:
    if node in graph.nodes:
        graph.add(
            node, state=f"recalled by {recall.author}", reason=recall.details.get("reason", "")
        )


def _say_files(services: Services, graph: Graph) -> None:
    """Say the names of landed files, while they are kept."""
    landings = [n for n in graph.nodes if n.kind == "landing"]
    for node in landings[:_DETAILED]:
        path = services.lake.path("landing", *node.key, "manifest.json")
        try:
            files = json.loads(path.read_bytes())["files"]
        except (OSError, ValueError, KeyError):
            graph.add(node, state="no longer kept" if not path.exists() else "not readable")
            continue
        names = few([file["name"] for file in files])
        graph.add(node, file=names)
        graph.add(Node("source", node.key[2]), file=names)


def _add_rules(services: Services, graph: Graph, versions: Collection[Node]) -> None:
    """Add contract, suites, policies and key of versions, from their own records."""
    for node in list(versions)[:_DETAILED]:
        try:
            found = services.registry.lineage(*node.key)
        except RegistryError as error:
            graph.missing.append(f"Its rules can't be read: {error}")
            continue
        graph.link(graph.add(Node("contract", found.contract)), node, "contract")
        for name, sha in found.suites.items():
            graph.link(Node("suite", f"{name}/{sha}"), node, "suite")
        for name, sha in found.policies.items():
            graph.link(Node("policy", f"{name}/{sha}"), node, "policy")
        if found.pseudonym_key:
            graph.link(Node("key", found.pseudonym_key), node, "pseudonym key")
