"""A name that an upstream chose, or a reason that a person typed, stays a name in every picture."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.lineage import (
    ColumnStep,
    Graph,
    Node,
    as_json,
    render_columns,
    render_dot,
    render_html,
    render_text,
)

VERSION = Node("version", "flights/2013-02-08/" + "ab" * 16)
NAMES = [
    "day.csv\x1b]0;owned\x07\x1b[2J\x1b[1;1Hreaders get it",
    "a.csv\n  went on to\n  └─ model version late_arrival@3",
    "gpj.\u202e\u2066evil.csv",
    '"]; n0 -> n0 [label="',
    "\\N \\G \\" + '"',
    "</title><script>owned=1</script><img src=x onerror=owned=1>",
    "' onload='owned=1' x=\"y\"",
]
QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')


class Tags(HTMLParser):
    """The tags and attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.strange: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "img"} or any(name.startswith("on") for name, _ in attrs):
            self.strange.add(tag)


def _graph(name: str) -> Graph:
    """A version whose file, use, reason and way of linking have this name."""
    made = Graph((VERSION,))
    source = Node("source", "cd" * 32)
    made.link(source, VERSION, name)
    made.add(source, file=name, reason=name)
    made.link(VERSION, Node("report", name.replace("/", "_")), "from")
    made.missing.append("nothing")
    return made


def _check(name: str) -> None:
    graph = _graph(name)
    steps = [ColumnStep("a", "derive", name, (name,))]
    text = render_text(graph) + render_columns(steps)
    assert all(line.isprintable() for line in text.splitlines())
    assert len(render_text(graph).splitlines()) == 6
    dot = QUOTED.sub("Q", render_dot(graph))
    assert re.fullmatch(
        r"digraph lineage \{\n  rankdir=LR;\n  node \[fontname=Q, fontsize=11\];\n"
        r"(  n\d \[shape=\w+, label=Q(, penwidth=2.5)?\];\n){3}(  n\d -> n\d \[label=Q\];\n){2}\}",
        dot,
    )
    page = Tags()
    page.feed(render_html(graph, f"Lineage of {name}", steps))
    assert page.strange == set()
    assert len(json.loads(json.dumps(as_json(graph)))["links"]) == 2


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_name(name: str) -> None:
    _check(name)


@given(st.text(st.sampled_from("ab\"\\\n\r\x1b\u2028\u202e<>&';{}[]-"), min_size=1, max_size=30))
def test_any_name(name: str) -> None:
    _check(name)
