"""Pages: what a gate found as one HTML file that needs nothing else.

A page holds no script and fetches nothing, so that it reads the same in a browser, in a viewer of
logs and offline; it follows the reader's light or dark setting, prints, and fits a narrow screen.
Every number stands in a table, a drawing stands beside it in a cell, and nothing is told by colour
alone. Text is escaped by Jinja wherever it comes from.

Rooms hand over :class:`Section` values made of :func:`table`, :func:`text` and the drawings
of :mod:`assay.page.draw`, and :func:`render_page` puts them into the one layout.
"""

from assay.page._layout import Lead, PageContext, Section, render_page
from assay.page._pieces import mark, number, percent, reasons, table, text

__all__ = [
    "Lead",
    "PageContext",
    "Section",
    "mark",
    "number",
    "percent",
    "reasons",
    "render_page",
    "table",
    "text",
]
