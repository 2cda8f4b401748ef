"""A graph in the language of Graphviz."""

from __future__ import annotations

from assay.lineage._graph import Graph, Node
from assay.lineage._kinds import KINDS
from assay.wording import printable


def render_dot(graph: Graph) -> str:
    """Write a graph for ``dot -Tsvg``, from left to right; targets have a thick line."""
    lines = ["digraph lineage {", "  rankdir=LR;", '  node [fontname="sans-serif", fontsize=11];']
    ids = {node: f"n{i}" for i, node in enumerate(sorted(graph.nodes))}
    for node, name in ids.items():
        kind = KINDS[node.kind]
        bold = ", penwidth=2.5" if node in graph.targets else ""
        lines.append(f"  {name} [shape={kind.shape}, label={_quoted(node)}{bold}];")
    for link in sorted(graph.links):
        about = f"{ids[link.source]} -> {ids[link.target]}"
        lines.append(f'  {about} [label="{_escaped(link.how)}"];')
    return "\n".join([*lines, "}"])


def _quoted(node: Node) -> str:
    kind = KINDS[node.kind]
    return f'"{_escaped(kind.word)}\\n{_escaped(kind.label(node.name))}"'


def _escaped(text: str) -> str:
    return printable(text).replace("\\", "\\\\").replace('"', '\\"')
