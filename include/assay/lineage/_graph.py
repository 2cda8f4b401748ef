"""Nodes and the links between them, in the direction in which data went."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC

from assay.lineage._kinds import NodeKind
from assay.records.lineage import LineageEdge
from assay.records.uses import Origin, Use
from assay.records.versions import VersionKey


@dataclass(frozen=True, order=True)
class Node:
    """One thing that data went through.

    Parameters
    ----------
    kind : str
        ``source``, ``landing``, ``version``, ``snapshot``, ``contract``, ``suite``, ``policy``,
        ``key`` or a kind of use.
    name : str
        Names it among those of its kind: a source's SHA-256, ``flights/2013-02-08/<version>``,
        ``flights@12``, ``late_arrival@3``.
    """

    kind: NodeKind
    name: str

    @classmethod
    def of_version(cls, key: VersionKey) -> Node:
        """A version of a batch."""
        return cls("version", "/".join(key))

    @classmethod
    def of_origin(cls, origin: Origin) -> Node:
        """What a use comes from."""
        return cls(origin.kind, origin.id)

    @property
    def key(self) -> VersionKey:
        """Data set, batch and version id of a version or a landing."""
        dataset, batch, version = self.name.split("/")
        return dataset, batch, version


@dataclass(frozen=True, order=True)
class Link:
    """That data went from one node to another, and how.

    Parameters
    ----------
    how : str
        What the first is to the second, in a word or two: ``input``, ``reference table``.
    """

    source: Node
    target: Node
    how: str


@dataclass
class Graph:
    """Nodes with what is known of each, and the links between them.

    ``targets`` are the nodes that were asked about. ``missing`` says in sentences what the graph
    lacks because something is gone or there is too much.
    """

    targets: tuple[Node, ...] = ()
    nodes: dict[Node, dict[str, str]] = field(default_factory=dict)
    links: set[Link] = field(default_factory=set)
    missing: list[str] = field(default_factory=list)

    def add(self, node: Node, **facts: str) -> Node:
        """Add a node, or more of what is known of it."""
        self.nodes.setdefault(node, {}).update({k: v for k, v in facts.items() if v})
        return node

    def link(self, source: Node, target: Node, how: str) -> None:
        """Add a link, and its nodes."""
        self.add(source)
        self.add(target)
        self.links.add(Link(source, target, how))

    def add_edge(self, key: VersionKey, edge: LineageEdge, origin: VersionKey | None) -> None:
        """Add what a version was made from; ``origin`` is the version that the edge refers to."""
        version = Node.of_version(key)
        if edge.kind == "input":
            landing = Node("landing", "/".join((*key[:2], edge.ref)))
            self.link(Node("source", edge.ref), landing, "landed")
            self.link(landing, version, "input")
        elif edge.kind != "rules":
            found = Node.of_version(origin or (edge.name, "-", edge.ref))
            self.link(found, version, _HOW[edge.kind])

    def add_use(self, use: Use) -> Node:
        """Add a use, and its links to the uses and versions that it names."""
        about = {
            "subject": use.subject,
            "author": use.author,
            "at": f"{use.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
        }
        node = self.add(Node(use.kind, use.id), **about, **use.details)
        for origin in use.of:
            how = "outcomes" if use.kind == "feedback" and origin.kind == "version" else "from"
            self.link(Node.of_origin(origin), node, how)
        for part in use.reads:
            some = f"read {len(part.batches)} batches" if part.batches else "read"
            self.link(Node("snapshot", f"{part.dataset}@{part.number}"), node, some)
        return node

    def before(self) -> Mapping[Node, list[Link]]:
        """Node → the links that lead to it."""
        return self._grouped(lambda link: link.target)

    def after(self) -> Mapping[Node, list[Link]]:
        """Node → the links that lead on from it."""
        return self._grouped(lambda link: link.source)

    def depths(self, *, up: bool = True, down: bool = True) -> dict[Node, int]:
        """Node → steps from the target; negative for what the target comes from."""
        found = dict.fromkeys(self.targets, 0)
        ways = [(-1, self.before())] if up else []
        for step, links in [*ways, *([(1, self.after())] if down else [])]:
            level, depth = list(self.targets), 0
            while level:
                depth += step
                near = [_other(link, step) for node in level for link in links.get(node, ())]
                level = [n for n in dict.fromkeys(near) if n not in found]
                found |= dict.fromkeys(level, depth)
        return found

    def pruned(self, *, up: bool = True, down: bool = True) -> Graph:
        """The graph without what no way from a target leads to."""
        kept = self.depths(up=up, down=down)
        nodes = {node: facts for node, facts in self.nodes.items() if node in kept}
        links = {link for link in self.links if link.source in kept and link.target in kept}
        return Graph(self.targets, nodes, links, self.missing)

    def _grouped(self, end: Callable[[Link], Node]) -> Mapping[Node, list[Link]]:
        found = defaultdict[Node, list[Link]](list)
        for link in sorted(self.links):
            found[end(link)].append(link)
        return found


_HOW = {"reference": "reference", "reference_table": "reference table", "parent": "parent"}


def _other(link: Link, step: int) -> Node:
    return link.target if step > 0 else link.source
