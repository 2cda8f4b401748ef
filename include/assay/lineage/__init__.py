"""Lineage: a graph of sources, versions, snapshots, models and what came of them, and its pictures.

Links go the way that data went. A stage fills the :class:`Graph` from the catalog; the graph knows
no database. ``render_text`` shows it as a tree from one node, ``render_dot`` for Graphviz,
``render_html`` as a page, ``as_json`` as data.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
