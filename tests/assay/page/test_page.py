"""Pages escape what they are given, need nothing else, and can be read by everybody."""

from __future__ import annotations

import itertools
import re
from html.parser import HTMLParser
from importlib.resources import files

import pytest
from markupsafe import Markup

from assay.page import Lead, Section, mark, reasons, render_page, table, text
from assay.page.draw import axis, bar, effect_strip, interval_strip, paired_bars, split_bars
from assay.verdict import Outcome, Reason

EVIL = "<script>alert('x')</script>&\"'"


def _whole(words: str) -> str:
    reason = Reason(code="a_code", outcome=Outcome.FAIL, message=words, cause=words)
    parts = [
        text(words),
        table([words, "n", ""], [(words, words, bar(1, 2, words))], caption=words),
        reasons([reason], "none"),
        mark("FAIL", words),
        effect_strip(1.2, 0.4, 3, "FAIL", words),
        interval_strip(0.1, 0.2, None, (0, 1), "INCONCLUSIVE", words, [0.5], 0.0),
        paired_bars(0.2, 0.4, 0.4, words),
        split_bars(0.5, -0.1, (-0.2, 1), words),
        axis((0, 1), (0, 1), (words, "1")),
    ]
    sections = [Section(words, parts, words), Section("a fold", [text("b")], folded=True)]
    return render_page(words, Lead(Outcome.FAIL, words, [(words, words)]), sections, words)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [v or "" for k, v in attrs if k in {"href", "src", "action", "data"}]
        assert not [k for k, _ in attrs if k.startswith("on")]
        if tag not in {"meta", "br", "line", "rect", "circle", "path", "input"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_whatever_is_given_is_text() -> None:
    page = _whole(EVIL)
    assert "<script" not in page
    reader = _Reader()
    reader.feed(page)
    assert reader.open == []
    assert "script" not in reader.tags


def test_a_page_needs_nothing_else() -> None:
    page = _whole("plain")
    reader = _Reader()
    reader.feed(page)
    assert {"link", "img", "iframe", "script", "form"}.isdisjoint(reader.tags)
    assert all(a.startswith("#") or a == "plain" for a in reader.addresses)
    assert "url(" not in page
    assert "@import" not in page


def test_no_outcome_is_told_by_colour_alone() -> None:
    signs = {str(mark(outcome)).split("</i>")[0][-1] for outcome in Outcome}
    assert len(signs) == len(Outcome)
    drawn = {effect_strip(1.2, 0.1, 3, o, "l") for o in ("PASS", "FAIL", "INCONCLUSIVE")}
    assert len({re.sub(r"PASS|FAIL|INCONCLUSIVE", "", str(d)) for d in drawn}) == 2  # shape
    assert 'class="dot INCONCLUSIVE"' in str(effect_strip(1.2, 0.1, 3, "INCONCLUSIVE", "l"))


def test_a_drawing_has_its_numbers_in_words() -> None:
    drawing = str(effect_strip(1.2, 0.4, 3, "FAIL", "x: 0.3, limit 0.25"))
    assert 'role="img"' in drawing
    assert 'aria-label="x: 0.3, limit 0.25"' in drawing


def test_what_lies_beyond_the_strip_is_said() -> None:
    assert "→" in str(effect_strip(9, 0.4, 3, "FAIL", "far"))
    assert "→" not in str(effect_strip(2, 0.4, 3, "FAIL", "near"))


def test_an_empty_table_is_no_table() -> None:
    assert table(["a"], []) == Markup("")


def _luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    digits = "".join(c * 2 for c in digits) if len(digits) == 3 else digits
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _themes() -> list[dict[str, str]]:
    """The colours of the light and of the dark setting, from the style itself."""
    style = files("assay.page").joinpath("style.css.j2").read_text()
    light, dark = re.findall(r":root\{(.*?)\}", style, re.DOTALL)[:2]
    return [dict(re.findall(r"--([\w]+):\s*(#\w+)", block)) for block in (light, dark)]


@pytest.mark.parametrize("theme", _themes(), ids=["light", "dark"])
def test_text_and_drawings_have_contrast(theme: dict[str, str]) -> None:
    """WCAG 2: 4.5 for text, 3 for what is drawn."""
    words = ("ink", "dim", "cur", *(o.value for o in Outcome))
    for word, paper in itertools.product(words, ("paper", "card")):
        assert _contrast(theme[word], theme[paper]) >= 4.5, (word, paper)
    for outcome in Outcome:
        assert _contrast(theme[outcome.value], theme["badge"]) >= 4.5, outcome
    for drawn in ("ref", "cur", "mix"):
        assert _contrast(theme[drawn], theme["paper"]) >= 3, drawn
