"""A graph as a page: a drawing from left to right, and every node in a table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from markupsafe import Markup

from assay.lineage._columns import ColumnStep
from assay.lineage._graph import Graph, Node
from assay.lineage._kinds import KINDS
from assay.page import Lead, Section, render_page, table, text

_MOST: Final = 7
"""Nodes that one column of the drawing holds."""
_ROW: Final = 66
_HEIGHT: Final = 50
_LABEL: Final = 1.2
"""Letters that fit into a hundredth of the page's width."""


def render_html(graph: Graph, title: str, columns: Sequence[ColumnStep] = ()) -> str:
    """Render a page about the graph's targets; it holds no script and fetches nothing."""
    depths = graph.depths()
    before, after = (sum(sign * d > 0 for d in depths.values()) for sign in (-1, 1))
    counts = defaultdict[str, int](int)
    for node in graph.nodes:
        counts[KINDS[node.kind].plural] += 1
    answer = f"It comes from {before} things on record, and {after} came of it."
    steps = [(s.column, s.stage, s.what, ", ".join(s.sources)) for s in columns]
    sections = [
        Section("Drawing", [_drawing(graph, depths), *(text(m, "note") for m in graph.missing)],
                note="Data goes from left to right; the thick frame is what was asked about."),
        Section("All of it", [_nodes(graph, depths)]),
        Section("Columns", [table(("column", "at", "what", "of"), steps)]),
    ]  # fmt: skip
    facts = [(name.capitalize(), f"{count:,}") for name, count in sorted(counts.items())]
    return render_page(title, Lead(None, answer, facts), sections)


def _nodes(graph: Graph, depths: Mapping[Node, int]) -> Markup:
    rows = []
    for node in sorted(graph.nodes, key=lambda n: (depths.get(n, 0), n)):
        facts = "; ".join(f"{name}: {value}" for name, value in graph.nodes[node].items())
        rows.append((KINDS[node.kind].label(node.name), KINDS[node.kind].word, facts))
    return table(("name", "kind", "known of it"), rows)


def _drawing(graph: Graph, depths: Mapping[Node, int]) -> Markup:
    """Draw the nodes in columns by their steps from the target, and lines between them."""
    levels = defaultdict[int, list[Node]](list)
    for node in sorted(depths, key=lambda n: (n.kind, n.name)):
        levels[depths[node]].append(node)
    numbers = sorted(levels)
    width = 100 / max(len(numbers), 1)
    places = dict[Node, tuple[float, int]]()
    shapes, rows = list[Markup](), 1
    for i, number in enumerate(numbers):
        kept = levels[number][:_MOST]
        rows = max(rows, len(kept) + (len(levels[number]) > _MOST))
        for j, node in enumerate(kept):
            places[node] = (i * width, j * _ROW + 4)
        if left := len(levels[number]) - len(kept):
            shapes.append(_words(i * width + 1, _MOST * _ROW + 22, f"and {left} more"))
    shapes += [_box(graph, node, place, width) for node, place in places.items()]
    lines = [
        _line(places[link.source], places[link.target], width, link.how)
        for link in sorted(graph.links)
        if link.source in places and link.target in places
    ]
    label = f"{len(graph.nodes)} nodes and {len(graph.links)} links, each in the table below"
    inner = Markup("").join([*lines, *shapes])
    height = rows * _ROW
    drawn = Markup('<svg height="{}" role="img" aria-label="{}"><title>{}</title>{}</svg>')
    return Markup('<div class="wide">{}</div>').format(drawn.format(height, label, label, inner))


def _box(graph: Graph, node: Node, place: tuple[float, int], width: float) -> Markup:
    kind, (x, y) = KINDS[node.kind], place
    name, line = kind.label(node.name), "limit" if node in graph.targets else "rule"
    most = max(int(_LABEL * width), 8)
    box = Markup(
        '<g><title>{0} {1}</title><rect class="chance {2}" x="{3}%" y="{4}" width="{5}%" '
        'height="{6}" rx="4"/></g>'
    ).format(kind.word, name, line, round(x, 2), y, round(0.86 * width, 2), _HEIGHT)
    lines = (kind.word, *_two_lines(name, graph.nodes[node].get("file", "")))
    words = [_words(x + 0.6, y + 14 * at, _cut(line, most)) for at, line in enumerate(lines, 1)]
    return Markup("").join([box, *words])


def _two_lines(name: str, file: str) -> tuple[str, str]:
    """The name in two lines: data set and batch, model and number, file and hash.

    The hash of a version is in the title, and in the table below.

    Examples
    --------
    >>> _two_lines("flights 2013-02-08 (abab)", "8.csv"), _two_lines("late_arrival@3", "")
    (('flights', '2013-02-08'), ('late_arrival', '@3'))
    >>> _two_lines("cdcd", "8.csv")
    ('8.csv', 'cdcd')
    """
    first, space, second = name.partition(" (")[0].partition(" ")
    if space:
        return first, second
    first, at, second = name.partition("@")
    return (first, f"{at}{second}") if at or not file else (file, name)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _words(x: float, y: int, words: str) -> Markup:
    return Markup('<text x="{}%" y="{}">{}</text>').format(round(x, 2), y, words)


def _line(source: tuple[float, int], target: tuple[float, int], width: float, how: str) -> Markup:
    middle = _HEIGHT // 2
    return Markup(
        '<g><title>{}</title><line class="nought" x1="{}%" y1="{}" x2="{}%" y2="{}"/></g>'
    ).format(
        how, round(source[0] + 0.86 * width, 2), source[1] + middle, round(target[0], 2),
        target[1] + middle,
    )  # fmt: skip
