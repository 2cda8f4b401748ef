from ._columns import ColumnStep, column_steps
from ._dot import render_dot
from ._graph import Graph, Link, Node
from ._html import render_html
from ._kinds import KINDS, NodeKind
from ._text import as_json, render_columns, render_text

__all__ = [
    "KINDS",
    "ColumnStep",
    "Graph",
    "Link",
    "Node",
    "NodeKind",
    "as_json",
    "column_steps",
    "render_columns",
    "render_dot",
    "render_html",
    "render_text",
]
