"""Pages: what a gate found as one HTML file that needs nothing else.

A page holds no script and fetches nothing, so that it reads the same in a browser, in a viewer of
logs and offline; it follows the reader's light or dark setting, prints, and fits a narrow screen.
Every number stands in a table, a drawing stands beside it in a cell, and nothing depends on colour
alone. Text is escaped by Jinja wherever it comes from, and the page's own Content-Security-Policy
lets nothing run even where that fails.

A room's ``_html.py`` makes :class:`Section` values of :func:`table`, :func:`text` and the drawings
of :mod:`assay.page.draw`, and gives them to :func:`render_page`. Every gate has the same function,
``render_html(verdict, report, context)``: its verdict, its own report, and a :class:`PageContext`.
"""

from assay.page._layout import Lead, PageContext, Section, render_page
from assay.page._pieces import heading, link, mark, number, percent, reasons, table, text

__all__ = [
    "Lead",
    "PageContext",
    "Section",
    "heading",
    "link",
    "mark",
    "number",
    "percent",
    "reasons",
    "render_page",
    "table",
    "text",
]
