"""Pages of the documentation: Markdown as HTML that holds no HTML of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from markupsafe import Markup

DOCS: Final = Path(__file__).parents[2] / "docs"
"""The folder of the documentation, beside the library."""
_ANCHOR: Final = re.compile(r'(<a id="[\w-]+"></a>)', re.ASCII)
_TEXT: Final = frozenset({"text", "code_inline"})
Address = Callable[[str], str | None]


def render_markdown(text: str, address: Address, *, below: int = 0) -> Markup:
    """Render Markdown; HTML in it is shown as text.

    Parameters
    ----------
    address : callable
        The address of a link's target; None for a link that leads nowhere here, which stays text.
    below : int
        Levels that headings are moved down. Only those of a page of its own have anchors.
    """
    parser = _parser()
    tokens = parser.parse(text)
    for heading, inline in pairwise(tokens):
        if heading.type == "heading_open" and not below:
            heading.attrSet("id", slug("".join(_words(inline.children or ()))))
        if heading.type in {"heading_open", "heading_close"}:
            heading.tag = f"h{min(int(heading.tag[1]) + below, 6)}"
    for token in tokens:
        token.attrs.pop("style", None)  # how a column is aligned, which the page's policy refuses
        if token.type == "inline":
            token.children = list(_linked(token.children or (), address))
    rendered = parser.renderer.render(tokens, parser.options, {})
    return Markup(rendered)  # noqa: S704 - the parser escapes, and lets no HTML through


def title_of(text: str) -> str:
    """The words of the first heading of a page."""
    first = next((line for line in text.splitlines() if line.startswith("# ")), "")
    return first.removeprefix("# ").replace("`", "").strip()


def slug(words: str) -> str:
    """The anchor of a heading, as GitHub names it.

    Examples
    --------
    >>> slug("Reports, and what `--last` does")
    'reports-and-what---last-does'
    """
    kept = (c for c in words.lower() if c.isalnum() or c in "-_ ")
    return "".join(kept).replace(" ", "-")


def runbook(code: str) -> Markup:
    """The runbook of a reason code as part of a page, without links; empty where there is none."""
    path = DOCS / "runbooks" / f"{code}.md"
    if not path.is_file():
        return Markup("")
    _, _, body = path.read_text(encoding="utf-8").partition("\n")
    return render_markdown(body, lambda _: None, below=2)


def runbooks(codes: Iterable[str]) -> Markup:
    """Show the runbooks of reason codes, each closed until a reader opens it."""
    one = Markup(
        '<details class="runbook" id="runbook-{0}"><summary>What to do: <code>{0}</code></summary>'
        "{1}</details>"
    )
    found = ((code, runbook(code)) for code in dict.fromkeys(codes))
    return Markup("").join(one.format(code, body) for code, body in found if body)


@cache
def _parser() -> Any:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")


def _words(tokens: Iterable[Any]) -> Iterable[str]:
    return (token.content for token in tokens if token.type in _TEXT)


def _anchored(tokens: Iterable[Any]) -> Iterable[Any]:
    """Make an anchor that stands in the text one of the page; other HTML stays text."""
    from markdown_it.token import Token

    for token in tokens:
        if token.type != "text" or not _ANCHOR.search(token.content):
            yield token
            continue
        for part in _ANCHOR.split(token.content):
            kind = "html_inline" if _ANCHOR.fullmatch(part) else "text"
            yield Token(kind, "", 0, content=part)


def _linked(tokens: Iterable[Any], address: Address) -> Iterable[Any]:
    """Give links their addresses; the words of those without one stay."""
    open_: list[bool] = []
    for token in _anchored(tokens):
        if token.type == "link_open":
            found = address(str(token.attrGet("href")))
            open_.append(found is not None)
            if found is not None:
                token.attrSet("href", found)
        elif token.type == "link_close" and not open_.pop():
            continue
        if token.type != "link_open" or open_[-1]:
            yield token
