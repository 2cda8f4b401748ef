"""A graph as a tree that people read, and as data for programs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final, Literal

from assay.lineage._columns import ColumnStep
from assay.lineage._graph import Graph, Link, Node
from assay.lineage._kinds import KINDS
from assay.wording import printable

Way = Literal["up", "down"]
_TITLES: Final[Mapping[Way, str]] = {"up": "comes from", "down": "went on to"}


def render_text(graph: Graph, ways: Sequence[Way] = ("up", "down"), most: int = 10) -> str:
    """Show a graph as trees from its targets, one for each way.

    Parameters
    ----------
    most : int
        So many neighbours of one kind are shown at each node; 0 for all.
    """
    lines = list[str]()
    for target in graph.targets:
        lines.append(printable(_line(graph, target)))
        for way in ways:
            tree = _Tree(graph, way, most)
            below = list(tree.below(target, "  "))
            lines += [f"  {_TITLES[way]}", *below] if below else [f"  {_NOTHING[way]}"]
    return "\n".join([*lines, *map(printable, graph.missing)])


_NOTHING: Final[Mapping[Way, str]] = {
    "up": "comes from nothing that is on record",
    "down": "went on to nothing that is on record",
}


_KINDS: Final = tuple(KINDS.values())
_ORDER: Final = {name: place for place, name in enumerate(KINDS)}


class _Tree:
    """A walk over a graph in one direction, each node opened once."""

    def __init__(self, graph: Graph, way: Way, most: int) -> None:
        self._graph = graph
        self._links = graph.before() if way == "up" else graph.after()
        self._up = way == "up"
        self._most = most
        self._opened = set[Node]()

    def below(self, node: Node, indent: str) -> Iterator[str]:
        """The lines below a node."""
        self._opened.add(node)
        shown, more = self._shown(self._links.get(node, []))
        rows: list[Link | str] = [*shown, *more]
        for i, row in enumerate(rows):
            last = i == len(rows) - 1
            branch, below = ("└─ ", "   ") if last else ("├─ ", "│  ")
            if isinstance(row, str):
                yield f"{indent}{branch}{row}"
                continue
            other = row.source if self._up else row.target
            again = other in self._opened and bool(self._links.get(other))
            how = "" if row.how == KINDS[other.kind].word else f" · {row.how}"
            said = printable(f"{_line(self._graph, other)}{how}")
            yield f"{indent}{branch}{said}{' · above' if again else ''}"
            if not again:
                yield from self.below(other, indent + below)

    def _shown(self, links: Sequence[Link]) -> tuple[list[Link], list[str]]:
        """The links that are shown, and of the others how many there are by kind."""
        shown, more = list[Link](), list[str]()

        def kind(link: Link) -> int:
            return _ORDER[(link.source if self._up else link.target).kind]

        for place, group in groupby(sorted(links, key=kind), key=kind):
            all_of_kind = list(group)
            kept = all_of_kind[-self._most :] if self._most else all_of_kind
            shown += kept
            if left := len(all_of_kind) - len(kept):
                named = _KINDS[place]
                more.append(f"and {left} more {named.word if left == 1 else named.plural}")
        return shown, more


def _line(graph: Graph, node: Node) -> str:
    kind = KINDS[node.kind]
    facts = graph.nodes.get(node, {})
    said = [facts[name] for name in _SAID if name in facts and not _repeats(node, name, facts)]
    return ", ".join([f"{kind.word} {kind.label(node.name)}", *said])


def _repeats(node: Node, name: str, facts: Mapping[str, str]) -> bool:
    """Whether a fact says what the name says: a model, before ``late_arrival@3``."""
    return name == "subject" and node.name.startswith(facts[name])


_SAID: Final = ("file", "role", "state", "subject", "at", "reason")
"""Facts that stand beside a node's name."""


def as_json(graph: Graph) -> dict[str, Any]:
    """A graph as JSON data: targets, nodes with their facts, links, and what is missing."""
    return {
        "targets": [f"{n.kind} {n.name}" for n in graph.targets],
        "nodes": [
            {"kind": n.kind, "name": n.name, "facts": facts}
            for n, facts in sorted(graph.nodes.items(), key=lambda item: item[0])
        ],
        "links": [
            {
                "source": f"{link.source.kind} {link.source.name}",
                "target": f"{link.target.kind} {link.target.name}",
                "how": link.how,
            }
            for link in sorted(graph.links)
        ],
        "missing": graph.missing,
    }


def render_columns(steps: Sequence[ColumnStep]) -> str:
    """Show the way of each column, a line for each step."""
    lines = list[str]()
    for column, group in groupby(steps, key=lambda step: step.column):
        lines.append(printable(column))
        for step in group:
            unsaid = [n for n in step.sources if not re.search(rf"\b{re.escape(n)}\b", step.what)]
            of = f" of {', '.join(unsaid)}" if unsaid else ""
            lines.append(printable(f"  {step.stage}: {step.what}{of}"))
    return "\n".join(lines)
