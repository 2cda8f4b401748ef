"""What is taken over of a page that Great Expectations rendered: its structure and its text.

Great Expectations puts texts of the data and of the suite into its page as they are, with scripts
of its own beside. So the characters that mean something in HTML are *veiled* before it renders:
whatever is markup afterwards is its own, of which only the tags below are kept, without attributes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any, Final

from markupsafe import Markup, escape

from assay.page import mark
from assay.verdict import NOT_JUDGED

_MEANING: Final = "<>&\"'$`"
_VEIL: Final = {ord(sign): 0xE000 + place for place, sign in enumerate(_MEANING)}
_UNVEIL: Final = {veil: sign for sign, veil in _VEIL.items()}
_KEPT: Final = re.compile("div|p|span|strong|b|em|code|pre|[uo]l|li|table|thead|tbody|t[rhd]|br|hr")
_HEADING: Final = re.compile("h[1-6]")
_VOID: Final = re.compile("area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr")
_LEFT_OUT: Final = re.compile("script|style|nav|footer|svg|form|button|label|modal|sr-only")
_LEFT_OUT_BY: Final = frozenset({("hidden", None), ("data-toggle", "collapse")})
_SIGNS: Final = {"fa-check-circle": "PASS", "fa-times": "FAIL",
                 "fa-exclamation-triangle": NOT_JUDGED}  # fmt: skip
_SECTION: Final = "ge-section"


def veiled(value: Any) -> Any:
    """JSON of which no text, be it a key or a value, means anything in HTML or in a template."""
    if isinstance(value, str):
        return value.translate(_VEIL)
    if isinstance(value, Mapping):
        return {veiled(k): veiled(v) for k, v in value.items()}
    return [veiled(v) for v in value] if isinstance(value, list | tuple) else value


def taken_over(page: str) -> list[tuple[str, Markup]]:
    """The sections of a page that was rendered from a veiled document: title and content."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return [(title.strip(), Markup("").join(parts)) for title, parts in reader.sections]


class _Reader(HTMLParser):
    """Collects each section; what is open stands in ``stack``, with what stands for it."""

    def __init__(self) -> None:
        super().__init__()
        self.sections: list[tuple[str, list[Markup]]] = []
        self.stack: list[tuple[str, str | None]] = []

    @property
    def _inside(self) -> bool:
        """Whether what is read now is content: in a section, and not in a part left out."""
        open_tags = [shown for _, shown in self.stack]
        return _SECTION in open_tags and None not in open_tags

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag without its attributes, or what it stands for."""
        classes = (dict(attrs).get("class") or "").split()
        if _SECTION in classes and not self._inside:
            self.sections.append(("", []))
            self.stack.append((tag, _SECTION))
            return
        shown = self._shown(tag)
        if _LEFT_OUT_BY & set(attrs) or any(map(_LEFT_OUT.fullmatch, (tag, *classes))):
            shown = None
        if self._inside and shown is not None:
            parts = [mark(_SIGNS[name]) for name in classes if name in _SIGNS]
            self.sections[-1][1].extend([*parts, Markup("<{}>").format(shown)] if shown else parts)
        if not _VOID.fullmatch(tag):
            self.stack.append((tag, shown))

    def handle_endtag(self, tag: str) -> None:
        """Close what is open down to the tag."""
        if tag not in [name for name, _ in self.stack]:
            return
        while self.stack:
            inside = self._inside
            name, shown = self.stack.pop()
            if inside and shown and shown != _SECTION:
                self.sections[-1][1].append(Markup("</{}>").format(shown))
            if name == tag:
                return

    def handle_data(self, data: str) -> None:
        """Keep a text; the first heading of a section is its title."""
        if not self._inside:
            return
        words = re.sub(r"\s+", " ", data).translate(_UNVEIL)
        title, parts = self.sections[-1]
        if not title.strip() and any(_HEADING.fullmatch(name) for name, _ in self.stack):
            self.sections[-1] = (words, parts)
        else:
            parts.append(escape(words))

    def _shown(self, tag: str) -> str | None:
        """The tag that stands for one; empty for one whose content alone is kept."""
        if _HEADING.fullmatch(tag):
            return "h3" if self.sections and self.sections[-1][0].strip() else ""
        return tag if _KEPT.fullmatch(tag) else ""
